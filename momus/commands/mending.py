"""Mending a log: what is missing is found and written while nobody else writes."""

from momus.commands.places import Place, opened


async def mended(place: Place, *, sequenced: bool = False) -> int:
    """How many records were written to mend the log, all at once or none.

    What they are is found once the folder is locked, or the topic's other writers are shut out: a record of before
    could put an older value over a newer one. Raises LogInUse, LogUnavailable and InDoubt.
    """
    from registry.archive.moving import everything
    from registry.doctor import diagnose
    from registry.log.log import Entry

    async with opened(place) as log:
        await log.fence()
        mends = diagnose(await everything(log), sequenced=sequenced).mends
        if mends:
            await log.append([Entry(mend.key, mend.value, timestamp=mend.timestamp) for mend in mends])
        return len(mends)

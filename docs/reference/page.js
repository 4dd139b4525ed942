// Search, the address of this server in the examples, and a folded index on small screens. The page works without it.
const search = document.querySelector("nav input")
const contents = document.querySelector("nav details")
const entries = [...document.querySelectorAll("[data-words]")]

function filter() {
  const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean)
  const found = element => wanted.every(word => element.dataset.words.includes(word))
  for (const entry of entries) {
    entry.hidden = !found(entry)
    const line = document.querySelector(`li[data-for="${entry.id}"]`)
    if (line) line.hidden = entry.hidden
  }
  for (const section of document.querySelectorAll("main > section")) {
    section.hidden = !section.querySelector("[data-words]:not([hidden])")
    const heading = document.querySelector(`nav h2 a[href="#${section.id}"]`)
    if (heading) heading.parentElement.hidden = section.hidden
  }
  document.getElementById("top").hidden = wanted.length > 0
}

search.hidden = false
search.addEventListener("input", filter)
document.addEventListener("keydown", event => {
  if (event.key === "/" && document.activeElement !== search) {
    event.preventDefault()
    search.focus()
  } else if (event.key === "Escape" && search.value) {
    search.value = ""
    filter()
  }
})

// a link into what the search has hidden shows all again
addEventListener("hashchange", () => {
  const target = document.getElementById(location.hash.slice(1))
  if (!target?.closest("[hidden]")) return
  search.value = ""
  filter()
  target.scrollIntoView()
})

if (location.host) for (const host of document.querySelectorAll(".host")) host.textContent = location.host

const small = matchMedia("(max-width: 56rem)")
const fold = () => { contents.open = !small.matches }
small.addEventListener("change", fold)
fold()
contents.addEventListener("click", event => { if (small.matches && event.target.closest("a")) contents.open = false })
search.addEventListener("focus", () => { contents.open = true })

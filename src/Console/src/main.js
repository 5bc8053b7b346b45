// The page: what is shown, by the address after "#", and what all views have around them.
import { Dialog, html, render, useEffect, useState } from "./ui.js";
import { Fleet } from "./fleet.js";
import { Host } from "./host.js";
import { Decisions, Events, Sessions } from "./lists.js";
import { WorldMap } from "./map.js";
import { follow } from "./store.js";

const views = [["Fleet", ""], ["Map", "map"], ["Sessions", "sessions"], ["Decisions", "decisions"], ["Events", "events"]];
const themes = ["auto", "light", "dark"];

function readAddress() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [view, ...rest] = path.split("/");
  return { view, id: rest.length > 0 ? decodeURIComponent(rest.join("/")) : "", query: new URLSearchParams(query) };
}

function App() {
  const [fleet, setFleet] = useState(null);
  const [address, setAddress] = useState(readAddress);
  const [question, setQuestion] = useState(null);
  const [notice, setNotice] = useState(null);
  const [theme, setTheme] = useState(localStorage.getItem("opsen-theme") ?? "auto");
  useEffect(() => follow(setFleet), []);
  useEffect(() => {
    const read = () => { setAddress(readAddress()); document.getElementById("main")?.focus(); };
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, []);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("opsen-theme", theme);
  }, [theme]);
  useEffect(() => {
    // Painted by now, as far as scripts can tell.
    if (fleet?.isLoaded && performance.getEntriesByName("fleet-answer").length > 0) {
      performance.measure("fleet-update", "fleet-answer");
      performance.clearMarks("fleet-answer");
    }
  }, [fleet]);
  const tell = (text, isProblem = false) => setNotice({ text, isProblem });
  const shared = { fleet, dialog: setQuestion, tell };
  return html`<a class="skip" href="#main" onClick=${event => { event.preventDefault(); document.getElementById("main").focus(); }}>To the content</a>
    <header>
      <h1><img src="icon.svg" alt="" width="24" height="24" /> Opsen</h1>
      <nav aria-label="Views">${views.map(([name, view]) => html`<a key=${name} href=${`#/${view}`} aria-current=${isCurrent(address.view, view) ? "page" : undefined}>${name}</a>`)}</nav>
      <span class="about">${fleet?.isLoaded && `${fleet.gateway}, version ${fleet.program}`}</span>
      <button onClick=${() => setTheme(themes[(themes.indexOf(theme) + 1) % themes.length])}>Colours: ${theme}</button>
    </header>
    ${fleet?.problem && html`<p class="banner problem" role="alert">${fleet.problem} What is shown is ${fleet.isLoaded ? "as it was" : "nothing yet"}.</p>`}
    ${fleet?.pools.filter(pool => pool.panic).map(pool => html`<p key=${pool.name} class="banner problem" role="alert">Pool ${pool.name} is in panic: so many of its hosts are unhealthy that routing ignores health.</p>`)}
    <p class=${`banner ${notice?.isProblem ? "problem" : "note"}`} role="status" hidden=${!notice}>${notice?.text} <button onClick=${() => setNotice(null)}>Close</button></p>
    <main id="main" tabindex="-1">${fleet?.isLoaded ? html`<${View} address=${address} shared=${shared} />` : html`<p class="loading">Loading …</p>`}</main>
    <footer><a href="../dashboard/">Orleans dashboard</a> <a href="../metrics">Metrics</a> <a href="third-party.txt">Licences</a></footer>
    <${Dialog} question=${question} close=${() => setQuestion(null)} />`;
}

const isCurrent = (shown, view) => shown === view || (view === "" && shown === "hosts");

function View({ address, shared }) {
  switch (address.view) {
    case "map": return html`<${WorldMap} ...${shared} />`;
    case "sessions": return html`<${Sessions} key=${address.query.get("host")} ...${shared} query=${address.query} />`;
    case "decisions": return html`<${Decisions} ...${shared} id=${address.id} />`;
    case "events": return html`<${Events} ...${shared} />`;
    case "hosts": return html`<${Host} key=${address.id} ...${shared} id=${address.id} />`;
    default: return html`<${Fleet} ...${shared} />`;
  }
}

render(html`<${App} />`, document.getElementById("app"));

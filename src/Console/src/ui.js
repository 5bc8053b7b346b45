// What all views share: rendering, texts, small parts.
import { h, render } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import htm from "htm";

export const html = htm.bind(h);
export { render, useEffect, useMemo, useRef, useState };

/** A number with one digit after the point at most. */
export const number = value => value === null || value === undefined ? "–" : String(Math.round(value * 10) / 10);

/** A time span in its largest unit, from milliseconds. */
export function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 120 ? `${seconds} s` : seconds < 7200 ? `${Math.floor(seconds / 60)} min`
    : seconds < 172800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} d`;
}

/** A moment for people. */
export const moment = text => new Date(text).toLocaleString();

const words = {
  in_service: "in service", no_report: "no report yet", stale: "stale", unhealthy: "unhealthy",
  draining: "draining", drained: "drained", maintenance: "maintenance", "": "gone",
};

/** A host's state in words. */
export const stateText = state => words[state] ?? state;

/** Mean of some numbers; null of none. */
export const mean = values => values?.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;

/** Percent of an amount that is not available; null when unknown. */
export const taken = amount => amount ? (amount.total - amount.available) / amount.total * 100 : null;

/** Percent of the VRAM of all cards in use; null when unknown. */
export function vram(host) {
  const total = (host.gpus ?? []).reduce((sum, card) => sum + card.memory_total_gb, 0);
  return total > 0 ? host.gpus.reduce((sum, card) => sum + card.memory_used_gb, 0) / total * 100 : null;
}

/** A state with a mark that does not depend on colour. */
export const State = ({ state }) => html`<span class=${`state ${state || "gone"}`}>${stateText(state)}</span>`;

/** A bar with its value in text. */
export function Bar({ value, label, text }) {
  if (value === null || value === undefined) {
    return html`<span class="none">–</span>`;
  }

  const level = value >= 90 ? "high" : value >= 75 ? "raised" : "";
  return html`<span class="bar" role="img" aria-label=${`${label}: ${text ?? `${number(value)} %`}`}>
    <span class=${`fill ${level}`} style=${{ width: `${Math.min(100, value)}%` }}></span><span class="text" aria-hidden="true">${text ?? `${Math.round(value)} %`}</span>
  </span>`;
}

/** A question that must be answered before something is changed. Resolves to its answers, or to null. */
export function ask(dialog, question) {
  return new Promise(resolve => dialog({ ...question, resolve }));
}

/** Asks for a key, saying why; resolves to it, or to undefined. */
export const askForKey = dialog => async why => (await ask(dialog, {
  title: "Key", text: why, action: "Use it", fields: [{ name: "key", label: "Key", type: "password", required: true }],
}))?.key;

/** Shows the question that is asked now. */
export function Dialog({ question, close }) {
  const element = useRef();
  const [values, setValues] = useState({});
  useEffect(() => {
    setValues({});
    if (question && !element.current.open) {
      element.current.showModal();
    }
  }, [question]);
  if (!question) {
    return null;
  }

  const end = answer => {
    element.current?.close();
    close();
    question.resolve(answer);
  };
  return html`<dialog ref=${element} aria-labelledby="dialog-title" onCancel=${event => { event.preventDefault(); end(null); }}>
    <form method="dialog" onSubmit=${event => { event.preventDefault(); end(values); }}>
      <h2 id="dialog-title">${question.title}</h2>
      <p>${question.text}</p>
      ${(question.fields ?? []).map(field => html`<label>${field.label}
        <input type=${field.type ?? "text"} required=${field.required ?? false} value=${values[field.name] ?? ""} placeholder=${field.hint ?? ""}
          min=${field.min} max=${field.max} autocomplete="off" onInput=${event => setValues({ ...values, [field.name]: event.target.value })} /></label>`)}
      <div class="buttons">
        <button type="button" onClick=${() => end(null)}>Cancel</button>
        <button type="submit" class=${question.danger ? "danger" : "primary"}>${question.action}</button>
      </div>
    </form>
  </dialog>`;
}

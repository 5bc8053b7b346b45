// Calls of the admin listener's API.
const keyName = "opsen-key";

/** The gateway says no, or does not answer. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function send(method, path) {
  const headers = {};
  const key = sessionStorage.getItem(keyName);
  if (key) {
    headers["X-API-Key"] = key;
  }

  let response;
  try {
    response = await fetch(`../api${path}`, { method, headers, cache: "no-store" });
  } catch {
    throw new ApiError(0, "The gateway does not answer.");
  }

  const text = await response.text();
  if (!response.ok) {
    let detail = text;
    try {
      detail = JSON.parse(text).detail ?? text;
    } catch {
      // Not a problem of the API: the text says what there is to say.
    }

    throw new ApiError(response.status, detail || `The gateway answered ${response.status}.`);
  }

  return text ? JSON.parse(text) : null;
}

/** Reads something. */
export const get = path => send("GET", path);

/**
 * Changes something. Where keys are configured and none is known yet, or the one that is known is refused, asks for one; it is kept for as long as the tab.
 */
export async function change(method, path, askForKey) {
  for (;;) {
    try {
      return await send(method, path);
    } catch (error) {
      if (error.status !== 401 && error.status !== 403) {
        throw error;
      }

      sessionStorage.removeItem(keyName);
      const key = await askForKey(error.message);
      if (!key) {
        return undefined;
      }

      sessionStorage.setItem(keyName, key);
    }
  }
}

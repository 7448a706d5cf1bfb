// Browser notifications: asked for only after a click, switched off as easily.

import { useEffect, useState } from "preact/hooks";
import type { PushState } from "/sdk/civicsense.js";
import { usePortal } from "../state";

export function PushOptIn() {
  const { words, client } = usePortal();
  const [state, setState] = useState<PushState>("off");
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    client.pushState().then(setState, () => setState("unsupported"));
  }, [client]);

  const toggle = async () => {
    setBusy(true);
    setState(await (state === "on" ? client.disablePush() : client.enablePush()));
    setBusy(false);
  };

  return (
    <section class="panel" aria-labelledby="push">
      <h2 id="push">{words.push}</h2>
      <p class="quiet">{words.pushAbout}</p>
      <p role="status">{words.pushState[state]}</p>
      {state !== "unsupported" && state !== "denied" && (
        <button type="button" class="secondary" disabled={busy} onClick={toggle}>
          {state === "on" ? words.pushOff : words.pushOn}
        </button>
      )}
    </section>
  );
}

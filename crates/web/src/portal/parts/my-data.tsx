// My data: a copy of everything, and the way out.

import { useState } from "preact/hooks";
import { request } from "../../api/request";
import { usePortal } from "../state";
import { Dialog } from "./dialog";

function save(content: unknown): void {
  const blob = new Blob([JSON.stringify(content, null, 2)], { type: "application/json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `civicsense-${new Date().toISOString().slice(0, 10)}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}

export function MyData({ onErased }: { onErased(): void }) {
  const { words } = usePortal();
  const [asking, setAsking] = useState(false);
  const [note, setNote] = useState("");

  const copy = () =>
    request("GET", "/v1/me/export").then(
      (content) => {
        save(content);
        setNote(words.exported);
      },
      () => setNote(words.failed),
    );
  const erase = () =>
    request("DELETE", "/v1/me").then(
      () => {
        setNote(words.erased);
        onErased();
      },
      () => setNote(words.failed),
    );

  return (
    <section class="panel" aria-labelledby="data">
      <h2 id="data">{words.data}</h2>
      <p class="buttons">
        <button type="button" class="secondary" onClick={copy}>
          {words.export}
        </button>
        <button type="button" class="danger" aria-haspopup="dialog" onClick={() => setAsking(true)}>
          {words.erase}
        </button>
      </p>
      <p role="status">{note}</p>
      {asking && (
        <Dialog title={words.erase} onClose={() => setAsking(false)}>
          <p>{words.eraseAsk}</p>
          <p class="buttons">
            <button type="button" class="secondary" onClick={() => setAsking(false)}>
              {words.cancel}
            </button>
            <button
              type="button"
              class="danger"
              onClick={() => {
                setAsking(false);
                void erase();
              }}
            >
              {words.eraseDo}
            </button>
          </p>
        </Dialog>
      )}
    </section>
  );
}

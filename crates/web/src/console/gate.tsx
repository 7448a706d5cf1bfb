// Lets staff in: where the server asks for a token, the console asks for it before anything else.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { Problem, get, signIn } from "../api/request";
import { useConsole } from "./state";

type Door = "asking" | "open" | "closed" | "denied";

export function Gate({ children }: { children: ComponentChildren }) {
  const { words } = useConsole();
  const [door, setDoor] = useState<Door>("asking");
  const [secret, setSecret] = useState("");
  const field = useId();

  const knock = (refused: Door) =>
    get("/v1/console/status").then(
      () => setDoor("open"),
      // Any other trouble is for the panels to tell.
      (reason: unknown) => setDoor(reason instanceof Problem && reason.status === 401 ? refused : "open"),
    );
  useEffect(() => void knock("closed"), []);

  if (door === "open") return <>{children}</>;
  if (door === "asking") return null;
  return (
    <form
      class="panel gate"
      onSubmit={(event) => {
        event.preventDefault();
        signIn(secret);
        void knock("denied");
      }}
    >
      <label for={field}>{words.token}</label>
      <p class="note">{words.tokenAbout}</p>
      <input id={field} type="password" autocomplete="off" value={secret} onInput={(event) => setSecret(event.currentTarget.value)} />
      {door === "denied" && <p role="alert">{words.denied}</p>}
      <button type="submit">{words.enter}</button>
    </form>
  );
}

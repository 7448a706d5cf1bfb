// A person to talk to, one tap away on every page.

import { usePortal } from "../state";
import { Icon } from "./icons";

export function HumanHelp() {
  const { words } = usePortal();
  return (
    <aside class="human" aria-label={words.human}>
      <a href="tel:12345" title={words.humanAbout}>
        <Icon name="phone" />
        <span>
          <strong>12345</strong>
          <small>{words.human.replace("12345 ", "")}</small>
        </span>
      </a>
    </aside>
  );
}

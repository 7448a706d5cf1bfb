// My messages, newest first; reading one is reported so that no other channel repeats it.

import { get, request } from "../../api/request";
import { minute, pick } from "../../api/text";
import type { Inbox as InboxAnswer, Message } from "../../api/types";
import { useLoaded } from "../load";
import { usePortal } from "../state";

export function Inbox() {
  const { words, epoch } = usePortal();
  const loaded = useLoaded(() => get<InboxAnswer>("/v1/me/inbox"), [epoch]);
  const messages = loaded.value?.items ?? [];
  const read = async (id: string) => {
    await request("POST", `/v1/me/inbox/${encodeURIComponent(id)}/read`).catch(() => undefined);
    loaded.again();
  };
  return (
    <section class="panel" aria-labelledby="inbox">
      <h2 id="inbox">{words.inbox}</h2>
      {messages.length === 0 && <p class="quiet">{words.inboxNone}</p>}
      <ul class="messages">
        {messages.map((message) => (
          <Line key={message.id} message={message} onRead={() => read(message.id)} />
        ))}
      </ul>
    </section>
  );
}

function Line({ message, onRead }: { message: Message; onRead(): void }) {
  const { words, lang } = usePortal();
  const unread = !message.read_at;
  return (
    <li class={unread ? "unread" : ""}>
      <p>
        <a href={message.url} onClick={onRead}>
          {pick(message.title, lang)}
        </a>
        {unread && <span class="chip">{words.unread}</span>}
      </p>
      <p>{pick(message.body, lang)}</p>
      <p class="meta">
        <time>{minute(message.received_at)}</time>
        {unread && (
          <button type="button" onClick={onRead}>
            {words.markRead}
          </button>
        )}
      </p>
    </li>
  );
}

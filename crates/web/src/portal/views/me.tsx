// My page: what the portal believes about me and why, with a switch, a delete button and an exit for each.

import { useEffect, useState } from "preact/hooks";
import { get, request } from "../../api/request";
import { pick } from "../../api/text";
import type { Me, Subscription } from "../../api/types";
import { useLoaded } from "../load";
import { ConsentItems } from "../parts/consent";
import { Inbox } from "../parts/inbox";
import { MyData } from "../parts/my-data";
import { Needs } from "../parts/needs";
import { PushOptIn } from "../parts/push";
import { Waiting } from "../parts/waiting";
import { usePortal } from "../state";

export function MyPage() {
  const { words, client, epoch, consent, decide } = usePortal();
  const loaded = useLoaded(() => get<Me>("/v1/me"), [epoch]);
  const me = loaded.value;

  useEffect(() => {
    document.title = words.me;
    client.page({ column_id: "me" });
  }, [client, epoch]);

  /** Does something to the profile and shows what it has become. */
  const change = async (method: string, path: string, body?: unknown) => {
    await request(method, path, body).catch(() => undefined);
    loaded.again();
  };

  return (
    <div class="wrap me">
      <header class="section-head">
        <h1>{words.me}</h1>
        <p>{words.meAbout}</p>
      </header>
      {client.objected && <p class="degraded">{words.gpc}</p>}
      <Waiting {...loaded} lines={6} />
      {me && (
        <div class="me-grid">
          <div>
            <Switch me={me} onSwitch={(on) => change("PUT", "/v1/me/personalisation", { on })} />
            <Needs me={me} change={change} />
            <Subscriptions list={me.subscriptions} change={change} />
          </div>
          <div>
            <Inbox />
            <PushOptIn />
            <section class="panel" aria-labelledby="consent-now">
              <h2 id="consent-now">{words.consentNow}</h2>
              <ConsentItems value={consent} onChange={decide} />
            </section>
            <MyData onErased={loaded.again} />
          </div>
        </div>
      )}
    </div>
  );
}

function Switch({ me, onSwitch }: { me: Me; onSwitch(on: boolean): void }) {
  const { words } = usePortal();
  const on = me.personalisation.on;
  return (
    <section class="panel switch" aria-labelledby="switch">
      <div>
        <h2 id="switch">{words.personalisation}</h2>
        <p>{words.mode[me.mode] ?? me.mode}</p>
        <p class="quiet">{words.switchAbout}</p>
      </div>
      <button type="button" role="switch" aria-checked={on} aria-labelledby="switch" onClick={() => onSwitch(!on)}>
        <span class="knob" aria-hidden="true" />
        <span>{on ? words.on : words.off}</span>
      </button>
    </section>
  );
}

interface SubscriptionsProps {
  list: Subscription[];
  change(method: string, path: string, body?: unknown): Promise<void>;
}

function Subscriptions({ list, change }: SubscriptionsProps) {
  const { words, lang } = usePortal();
  const [gone, setGone] = useState<string>();
  return (
    <section class="panel" aria-labelledby="subscriptions">
      <h2 id="subscriptions">{words.subscriptions}</h2>
      {list.length === 0 && <p class="quiet">{words.subscriptionsNone}</p>}
      <ul class="lines">
        {list.map(({ type, value, name }) => {
          const shown = pick(name, lang) || value;
          return (
            <li key={`${type} ${value}`} class={gone === value ? "settling" : ""}>
              <span>{shown}</span>
              <button
                type="button"
                aria-label={`${words.unsubscribe}${words.colon}${shown}`}
                onClick={() => {
                  setGone(value);
                  void change("DELETE", "/v1/me/subscriptions", { type, value });
                }}
              >
                {words.unsubscribe}
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

// The card of a service matter: time limits, visits, fee, what to bring, where to do it.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Client } from "/sdk/civicsense.js";
import type { Item, Service } from "../../api/types";
import { usePortal } from "../state";
import { Dialog } from "./dialog";
import { Icon } from "./icons";

/** Reports a step of a service: what was begun, submitted, finished says most about needs. */
function report(client: Client, item: Item, service: Service, step: "start" | "submit" | "finish"): void {
  client.track(`service_${step}`, {
    item_id: item.id,
    item_kind: item.kind,
    dept: item.dept,
    service_id: service.task_code || item.id,
    service_step: step,
  });
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function ServiceCard({ item, service }: { item: Item; service: Service }) {
  const { words, client, config } = usePortal();
  const [shown, setShown] = useState(false);
  const days = (number: number) => (number > 0 ? `${number} ${words.workdays}` : words.same);
  const start = (event: MouseEvent) => {
    report(client, item, service, "start");
    if (!config.demo) return;
    event.preventDefault();
    setShown(true);
  };
  return (
    <section class="service-card" aria-label={words.services}>
      <dl class="facts">
        <Fact name={words.promised}>{days(service.promised_days)}</Fact>
        {service.legal_days > 0 && <Fact name={words.legal}>{days(service.legal_days)}</Fact>}
        <Fact name={words.visits}>
          {service.visits} {words.times}
        </Fact>
        <Fact name={words.fee}>{service.fee ? words.charged : words.free}</Fact>
      </dl>
      <p class="chips">
        {service.online && (
          <span class="chip good">
            <Icon name="check" /> {words.onlineMark}
          </span>
        )}
        {service.terminal && (
          <span class="chip good">
            <Icon name="check" /> {words.terminal}
          </span>
        )}
      </p>
      {service.materials.length > 0 && (
        <>
          <h2>{words.materials}</h2>
          <ol class="materials">
            {service.materials.map((material) => (
              <li key={material}>{material}</li>
            ))}
          </ol>
        </>
      )}
      {service.conditions && (
        <>
          <h2>{words.conditions}</h2>
          <p>{service.conditions}</p>
        </>
      )}
      <p class="service-do">
        {service.online && (
          <a class="primary" href={service.online_url || "#main"} rel="noopener" onClick={start}>
            {words.onlineDo}
          </a>
        )}
        <a class="secondary" href="tel:12345">
          {words.call}
        </a>
      </p>
      {service.task_code && (
        <p class="quiet">
          {words.taskCode} <code>{service.task_code}</code>
        </p>
      )}
      {shown && <Rehearsal item={item} service={service} onClose={() => setShown(false)} />}
    </section>
  );
}

/** The demo has no transaction system behind it: it says so, and lets the visitor pretend. */
function Rehearsal({ item, service, onClose }: { item: Item; service: Service; onClose(): void }) {
  const { words, client } = usePortal();
  const [done, setDone] = useState(false);
  const finish = () => {
    report(client, item, service, "submit");
    report(client, item, service, "finish");
    setDone(true);
  };
  return (
    <Dialog title={words.demoTitle} onClose={onClose}>
      <p>{words.demoAbout}</p>
      <p>
        <code>{service.online_url || item.url}</code>
      </p>
      {done ? (
        <p class="why-reason" role="status">
          {words.demoDone}
        </p>
      ) : (
        <button type="button" class="primary" onClick={finish}>
          {words.demoFinish}
        </button>
      )}
    </Dialog>
  );
}

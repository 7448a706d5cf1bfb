// Recommended items as cards: title, reason, “why”, “not interested”; reported when seen.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Recommendation, Recommendations } from "/sdk/civicsense.js";
import { day, pick } from "../../api/text";
import { Link, itemAddress } from "../router";
import { usePortal } from "../state";
import { Icon } from "./icons";
import { Why } from "./why";

interface Props {
  answer: Recommendations;
  items: Recommendation[];
}

export function Recommended({ answer, items }: Props) {
  const { client } = usePortal();
  const list = useRef<HTMLUListElement>(null);
  const [explained, setExplained] = useState<Recommendation>();

  useEffect(() => {
    if (list.current) client.watch(list.current);
  }, [client, answer, items.length]);

  return (
    <>
      <ul class="cards" ref={list} data-cs-rec={answer.request_id} data-cs-policy={answer.policy}>
        {items.map((item, index) => (
          <Card key={`${answer.request_id} ${item.id}`} {...{ answer, item, index }} onWhy={setExplained} />
        ))}
      </ul>
      {explained && <Why item={explained} answer={answer} onClose={() => setExplained(undefined)} />}
    </>
  );
}

interface CardProps {
  answer: Recommendations;
  item: Recommendation;
  index: number;
  onWhy(item: Recommendation): void;
}

function Card({ answer, item, index, onWhy }: CardProps) {
  const { words, lang, client } = usePortal();
  const [gone, setGone] = useState(false);
  const note = useRef<HTMLParagraphElement>(null);
  const title = pick(item.title, lang);

  useEffect(() => {
    if (gone) note.current?.focus();
  }, [gone]);

  const dismiss = () => {
    setGone(true);
    client.feedback(item.id, "not_interested", {
      rec_id: answer.request_id,
      rec_pos: item.position,
      rec_policy: answer.policy,
    });
  };

  if (gone) {
    return (
      <li class="card gone">
        <p ref={note} tabIndex={-1} role="status">
          {words.removed}
        </p>
      </li>
    );
  }
  return (
    <li
      class={`card enter-${Math.min(index, 9)}`}
      data-cs-item={item.id}
      data-cs-kind={item.kind}
      data-cs-pos={item.position}
      data-cs-reason={item.reason.code}
    >
      <p class="card-top">
        <span class={`kind kind-${item.kind}`}>{words.kind[item.kind] ?? item.kind}</span>
        {item.personalized && <span class="mark">{words.personalised}</span>}
        <time>{day(item.published_at)}</time>
      </p>
      <h3>
        <Link href={itemAddress(item.id)}>{title}</Link>
      </h3>
      <p class="summary">{pick(item.summary, lang)}</p>
      <div class="card-foot">
        <button
          type="button"
          class="reason"
          aria-haspopup="dialog"
          aria-label={`${pick(item.reason.text, lang)} · ${words.why}`}
          onClick={() => onWhy(item)}
        >
          <Icon name="info" />
          <span>{pick(item.reason.text, lang)}</span>
        </button>
        <button type="button" class="bare" aria-label={`${words.notInterested}${words.colon}${title}`} title={words.notInterested} onClick={dismiss}>
          <Icon name="close" />
        </button>
      </div>
    </li>
  );
}

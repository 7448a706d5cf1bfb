// “Why is this shown?” — the reason, the needs behind it, and what of the person was used.

import type { Recommendation, Recommendations } from "/sdk/civicsense.js";
import { pick } from "../../api/text";
import { Link, go } from "../router";
import { usePortal } from "../state";
import { Dialog } from "./dialog";

interface Props {
  item: Recommendation;
  answer: Recommendations;
  onClose(): void;
}

export function Why({ item, answer, onClose }: Props) {
  const { words, lang } = usePortal();
  return (
    <Dialog title={words.whyTitle} onClose={onClose}>
      <p class="why-title">{pick(item.title, lang)}</p>
      <p class="why-reason" data-reason={item.reason.code}>
        {pick(item.reason.text, lang)}
      </p>
      <p>{item.personalized ? words.whyPersonal : words.whyGeneral}</p>
      {!!item.needs?.length && (
        <>
          <p class="quiet">{words.whyNeeds}</p>
          <ul class="chips">
            {item.needs.map((need) => (
              <li key={need.id} class="chip">
                {pick(need, lang)}
              </li>
            ))}
          </ul>
        </>
      )}
      <dl class="small-facts">
        <dt>{words.whyPolicy}</dt>
        <dd>
          <code>{answer.policy}</code>
        </dd>
        <dt>{words.whyRequest}</dt>
        <dd>
          <code>{answer.request_id}</code>
        </dd>
      </dl>
      <p>
        <Link href="/transparency" onClick={onClose}>
          {words.rules}
        </Link>
      </p>
      <button
        type="button"
        class="primary"
        onClick={() => {
          onClose();
          go("/me");
        }}
      >
        {words.whyManage}
      </button>
    </Dialog>
  );
}

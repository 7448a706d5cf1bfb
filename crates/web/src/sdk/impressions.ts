// Recommended items that came into view: each one once, joined to its answer by the request id.

import { itemFields } from "./clicks";
import type { Fields } from "./types";

/** Watches `[data-cs-rec] [data-cs-item]` elements until half of each was visible. */
export class Impressions {
  readonly #seen = new Set<string>();
  readonly #observer: IntersectionObserver | undefined;

  constructor(report: (fields: Fields) => void) {
    if (!("IntersectionObserver" in globalThis)) return;
    this.#observer = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (!isIntersecting) continue;
          this.#observer?.unobserve(target);
          const fields = itemFields(target);
          const key = `${fields.rec_id} ${fields.item_id}`;
          if (!fields.rec_id || this.#seen.has(key)) continue;
          this.#seen.add(key);
          report(fields);
        }
      },
      { threshold: 0.5 },
    );
  }

  /** Watches the items inside `root`. */
  watch(root: ParentNode): void {
    for (const item of root.querySelectorAll("[data-cs-item]")) this.#observer?.observe(item);
  }
}

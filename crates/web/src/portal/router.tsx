// Addresses of the single-page portal: links that do not reload, and where we are.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

/** The current address. */
export interface Place {
  path: string;
  query: URLSearchParams;
}

const CHANGED = "portal:place";

function here(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

/** Goes to an address of the portal. */
export function go(address: string): void {
  history.pushState(null, "", address);
  dispatchEvent(new Event(CHANGED));
  scrollTo({ top: 0 });
}

/** The current address, kept up to date. */
export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const changed = () => setPlace(here());
    addEventListener(CHANGED, changed);
    addEventListener("popstate", changed);
    return () => {
      removeEventListener(CHANGED, changed);
      removeEventListener("popstate", changed);
    };
  }, []);
  return place;
}

/** The portal's address of an item: its own page, whatever host the item came from. */
export function itemAddress(id: string): string {
  return `/item/${encodeURIComponent(id)}`;
}

type Props = JSX.IntrinsicElements["a"] & { href: string };

/** A link inside the portal; with a modifier key it is an ordinary link. */
export function Link({ href, onClick, ...rest }: Props) {
  return (
    <a
      {...rest}
      href={href}
      onClick={(event) => {
        if (typeof onClick === "function") onClick(event);
        if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        go(href);
      }}
    />
  );
}

// The frame of every page and the choice of the view in it.

import { useEffect, useRef } from "preact/hooks";
import { ConsentBanner } from "./parts/consent";
import { Footer } from "./parts/footer";
import { Header } from "./parts/header";
import { HumanHelp } from "./parts/human";
import { usePlace } from "./router";
import { usePortal } from "./state";
import { Home } from "./views/home";
import { ItemPage } from "./views/item";
import { MyPage } from "./views/me";
import { SearchPage } from "./views/search";
import { TransparencyPage } from "./views/transparency";

function view(path: string, query: URLSearchParams) {
  if (path === "/search") return <SearchPage query={query} />;
  if (path === "/me") return <MyPage />;
  if (path === "/transparency") return <TransparencyPage />;
  if (path.startsWith("/item/")) {
    const id = decodeURIComponent(path.slice("/item/".length));
    return <ItemPage key={id} id={id} />;
  }
  return <Home />;
}

export function App() {
  const { words } = usePortal();
  const { path, query } = usePlace();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);

  // After a change of page the keyboard and the screen reader go on at its beginning.
  useEffect(() => {
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [path]);

  return (
    <>
      <a class="skip" href="#main">
        {words.skip}
      </a>
      <Header place={path} query={query} />
      <main id="main" ref={main} tabIndex={-1}>
        {view(path, query)}
      </main>
      <Footer />
      <HumanHelp />
      <ConsentBanner />
    </>
  );
}

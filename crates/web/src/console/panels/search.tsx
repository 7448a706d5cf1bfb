// What is searched for, and what is searched for in vain.

import { Answer } from "../answer";
import { useConsole } from "../state";

export function SearchTerms() {
  const { words } = useConsole();
  return (
    <section id="search" aria-labelledby="search-title">
      <h2 id="search-title">{words.search}</h2>
      <div class="grid roomy">
        <Answer title={words.topTerms} question={{ question: "search", report: "top", limit: 30 }} />
        <Answer
          title={words.zeroTerms}
          note={words.zeroHelp}
          question={{ question: "search", report: "zero_results", limit: 30 }}
        />
      </div>
    </section>
  );
}

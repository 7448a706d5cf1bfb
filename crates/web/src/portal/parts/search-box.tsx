// The search field with suggestions: a combobox after the ARIA authoring practices.

import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Suggestion } from "/sdk/civicsense.js";
import { go, itemAddress } from "../router";
import { usePortal } from "../state";
import { Icon } from "./icons";

const WAIT_MS = 120;

export function SearchBox({ text }: { text: string }) {
  const { words, client } = usePortal();
  const [value, setValue] = useState(text);
  const [options, setOptions] = useState<Suggestion[]>([]);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const asked = useRef(0);
  const list = useId();

  useEffect(() => setValue(text), [text]);

  // Suggestions follow the typing, not every letter of it; a late answer to an earlier letter is dropped.
  const suggest = (typed: string) => {
    const mine = ++asked.current;
    setTimeout(async () => {
      if (mine !== asked.current) return;
      const found = typed.trim() ? await client.suggest(typed.trim()) : [];
      if (mine !== asked.current) return;
      setOptions(found);
      setActive(-1);
      setOpen(found.length > 0);
    }, WAIT_MS);
  };

  const close = () => {
    asked.current++;
    setOpen(false);
    setActive(-1);
  };

  const choose = (option: Suggestion) => {
    close();
    if (option.item) return go(itemAddress(option.item));
    setValue(option.text);
    go(`/search?q=${encodeURIComponent(option.text)}`);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") return close();
    if (!open || !options.length) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      const places = options.length + 1;
      setActive(((active + 1 + step + places) % places) - 1);
    }
    const chosen = options[active];
    if (event.key === "Enter" && chosen) {
      event.preventDefault();
      choose(chosen);
    }
  };

  return (
    <form
      class="search-box"
      role="search"
      action="/search"
      onSubmit={(event) => {
        event.preventDefault();
        close();
        if (value.trim()) go(`/search?q=${encodeURIComponent(value.trim())}`);
      }}
    >
      <input
        type="text"
        name="q"
        autocomplete="off"
        role="combobox"
        aria-label={words.search}
        aria-expanded={open}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={active >= 0 ? `${list}-${active}` : undefined}
        placeholder={words.searchHint}
        value={value}
        onInput={(event) => {
          setValue(event.currentTarget.value);
          suggest(event.currentTarget.value);
        }}
        onKeyDown={onKeyDown}
        onBlur={close}
      />
      <button type="submit">
        <Icon name="search" />
        <span>{words.search}</span>
      </button>
      <ul id={list} role="listbox" aria-label={words.suggestions} hidden={!open}>
        {options.map((option, index) => (
          <li
            key={`${option.kind} ${option.text}`}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === active}
            // The field keeps the focus, so its blur does not close the list before the click.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => choose(option)}
          >
            <span>{option.text}</span>
            <small>{option.kind ? words.kind[option.kind] : ""}</small>
          </li>
        ))}
      </ul>
    </form>
  );
}

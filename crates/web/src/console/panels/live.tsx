// What happens right now: the stream of sanitised events, and the last half hour minute by minute.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { LiveEvent } from "../../api/types";
import { listen } from "../../api/stream";
import { Answer, type Row } from "../answer";
import type { ChartOption } from "../chart";
import { useConsole } from "../state";
import type { Words } from "../words";

const KEPT = 60;
/** A burst is drawn at once, not event by event. */
const DRAW_MS = 250;

function useLive(paused: boolean) {
  const [events, setEvents] = useState<LiveEvent[]>([]);
  const [connected, setConnected] = useState(false);
  const fresh = useRef<LiveEvent[]>([]);
  useEffect(() => {
    if (paused) return;
    const ended = new AbortController();
    const take = (data: string) => {
      fresh.current.unshift(JSON.parse(data) as LiveEvent);
      fresh.current.length = Math.min(fresh.current.length, KEPT);
    };
    void listen("/v1/console/live", take, setConnected, ended.signal);
    const timer = setInterval(() => {
      const taken = fresh.current.splice(0);
      if (taken.length) setEvents((before) => [...taken, ...before].slice(0, KEPT));
    }, DRAW_MS);
    return () => {
      clearInterval(timer);
      ended.abort();
    };
  }, [paused]);
  return { events, connected };
}

function minutes(words: Words) {
  return (rows: Row[]): ChartOption => ({
    xAxis: { type: "category", data: rows.map((row) => String(row.time).slice(11, 16)) },
    yAxis: { type: "value", minInterval: 1 },
    series: [
      { type: "bar", name: words.metric.events, data: rows.map((row) => Number(row.events)), barMaxWidth: 18 },
      { type: "line", name: words.metric.visitors, data: rows.map((row) => Number(row.visitors)), showSymbol: false },
    ],
  });
}

export function Live() {
  const { words } = useConsole();
  const [paused, setPaused] = useState(false);
  const { events, connected } = useLive(paused);
  const chart = useMemo(() => minutes(words), [words]);
  return (
    <section id="live" aria-labelledby="live-title">
      <h2 id="live-title">{words.live}</h2>
      <div class="grid">
        <section class="panel live" aria-label={words.live}>
          <header>
            <h3>
              <span class={connected && !paused ? "dot on" : "dot"} aria-hidden="true" />
              {paused ? words.pause : connected ? words.connected : words.lost}
            </h3>
            <button type="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
              {paused ? words.resume : words.pause}
            </button>
          </header>
          {events.length === 0 && <p class="note">{words.waiting}</p>}
          <ol class="events" tabIndex={0} aria-label={words.live}>
            {events.map((event, index) => (
              <li key={`${event.ts} ${event.name} ${event.path} ${event.item_id} ${index}`}>
                <time>{new Date(event.ts).toLocaleTimeString("sv-SE")}</time>
                <span class={`event event-${event.name}`}>{words.event[event.name] ?? event.name}</span>
                <span class="where">{event.item_id || event.search_q || event.path || "–"}</span>
                <span class="channel">{event.channel}</span>
                {event.bot && <span class="bot">{words.bot}</span>}
              </li>
            ))}
          </ol>
        </section>
        <Answer title={words.minute} question={{ question: "realtime", minutes: 30 }} chart={chart} />
      </div>
    </section>
  );
}

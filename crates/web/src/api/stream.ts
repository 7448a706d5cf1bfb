// Server-sent events over `fetch`: unlike `EventSource` it can say who is asking.

import { authorization } from "./request";

const AGAIN_MS = 3_000;

/** Hands the data of every event to `take`, coming back after each loss until `ended`. */
export async function listen(
  path: string,
  take: (data: string) => void,
  connected: (yes: boolean) => void,
  ended: AbortSignal,
): Promise<void> {
  while (!ended.aborted) {
    try {
      const response = await fetch(path, { headers: { accept: "text/event-stream", ...authorization() }, signal: ended });
      if (!response.ok || !response.body) throw new Error(String(response.status));
      connected(true);
      await read(response.body, take);
    } catch {
      // Lost, or refused: said by `connected`, tried again below.
    }
    if (ended.aborted) return;
    connected(false);
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

async function read(body: ReadableStream<Uint8Array>, take: (data: string) => void): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const lines = event.split("\n").filter((line) => line.startsWith("data:"));
      if (lines.length) take(lines.map((line) => line.slice(5).trimStart()).join("\n"));
    }
  }
}

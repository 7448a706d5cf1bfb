// One way to ask the server: JSON in, JSON out, and every refusal as the problem document it is (RFC 9457).

/** A refusal of the server, or its silence. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    title: string,
    readonly requestId?: string,
  ) {
    super(title);
  }
}

/** What went wrong, for people. */
export function told(reason: unknown): string {
  return reason instanceof Problem ? reason.message : String(reason);
}

let visitor: () => string | undefined = () => undefined;

/** Every later request is made for this visitor. */
export function actAs(who: () => string | undefined): void {
  visitor = who;
}

let token = "";

/** Every later request carries the staff's token. */
export function signIn(secret: string): void {
  token = secret;
}

/** The header that says which member of staff is asking; nothing for the public. */
export function authorization(): Record<string, string> {
  return token ? { authorization: `Bearer ${token}` } : {};
}

/** Asks and waits for JSON; throws a `Problem`. */
export async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json", ...authorization() };
  const who = visitor();
  if (who) headers["x-civicsense-visitor"] = who;
  if (body !== undefined) headers["content-type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
    });
  } catch {
    throw new Problem(0, "unreachable", "The server did not answer.");
  }
  if (!response.ok) throw await problem(response);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

/** `GET` with query parameters; empty ones are left out. */
export function get<T>(path: string, asked: Record<string, string | number | undefined> = {}) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(asked)) {
    if (value !== undefined && value !== "") query.set(key, String(value));
  }
  const text = query.toString();
  return request<T>("GET", text ? `${path}?${text}` : path);
}

async function problem(response: Response): Promise<Problem> {
  try {
    const said = (await response.json()) as Record<string, string>;
    const title = said.detail ?? said.title ?? response.statusText;
    return new Problem(response.status, said.code ?? "", title, said.request_id);
  } catch {
    return new Problem(response.status, "", response.statusText);
  }
}

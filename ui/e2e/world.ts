/** What the tests know of the server that runs for them. */
export interface World {
  origin: string;
  owner: { email: string; password: string };
  /** File of the owner's cookie. */
  session: string;
  /** Tokens of both modes. */
  token: string;
  sandboxToken: string;
  /** Ids of what is in the shop. */
  product: string;
  order: string;
}

export function world(): World {
  const text = process.env['PURVEY_E2E_WORLD'];
  if (text === undefined) throw new Error('the server is not running: start the tests by scripts/ui-test');
  return JSON.parse(text) as World;
}

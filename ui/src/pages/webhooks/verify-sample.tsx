import { Text } from '@mantine/core';
import { JsonBlock } from '@/parts';

const sample = `import { createHmac, timingSafeEqual } from 'node:crypto';

// headers in lower case, body as the bytes that came
export function ours(headers, body, secret = process.env.PURVEY_WEBHOOK_SECRET) {
  const at = headers['x-webhook-timestamp'];
  const want = createHmac('sha256', secret).update(at + '.').update(body).digest();
  const got = Buffer.from(headers['x-webhook-signature'], 'hex');
  return Math.abs(Date.now() / 1000 - at) < 300 && got.length === want.length && timingSafeEqual(got, want);
}`;

const token = `import { createHmac, timingSafeEqual } from 'node:crypto';

// the parsed body: {"json": {"token_type": "jwt", "token": "…"}}
export function sale(body, key = process.env.PUBLICALA_KEY) {
  const [head, claims, signature] = body.json.token.split('.');
  const want = createHmac('sha256', key).update(head + '.' + claims).digest();
  const got = Buffer.from(signature, 'base64url');
  if (got.length !== want.length || !timingSafeEqual(got, want)) return null;
  const told = JSON.parse(Buffer.from(claims, 'base64url'));
  return told.iss === 'farfalla' && told.exp > Date.now() / 1000 ? told.data : null;
}`;

/** How a program knows our requests; `kept` those of Publica.la's endpoint. */
export function VerifySample({ kept = false }: { kept?: boolean }) {
  if (kept) {
    return (
      <div>
        <Text size="sm" mb={6}>
          The body holds a token (JWT, HS256), fresh for each attempt and good for five minutes, signed with the key in the settings.
        </Text>
        <JsonBlock value={token} label="a check of the token" />
      </div>
    );
  }
  return (
    <div>
      <Text size="sm" mb={6}>
        How your program checks that a request is ours. Libraries of Standard Webhooks do it too.
      </Text>
      <JsonBlock value={sample} label="a check of the signature" />
    </div>
  );
}

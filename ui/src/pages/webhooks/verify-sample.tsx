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

/** How a program knows our requests. */
export function VerifySample() {
  return (
    <div>
      <Text size="sm" mb={6}>
        How your program checks that a request is ours. Libraries of Standard Webhooks do it too.
      </Text>
      <JsonBlock value={sample} label="a check of the signature" />
    </div>
  );
}

// An order made by hand: who, what, for how much, paid or not.
import { ActionIcon, Alert, Anchor, Button, Checkbox, Group, NumberInput, SegmentedControl, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { IconInfoCircle, IconPlus, IconX } from '@tabler/icons-react';
import { useState, type FormEvent } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { useRead, useWrite } from '@/api/hooks';
import { useScope } from '@/api/scope';
import { useSession, useShop } from '@/api/session';
import type { Order } from '@/api/types/order';
import type { Product } from '@/api/types/product';
import { CallButton, ErrorAlert, Money, PageHeader, ProductPicker, Section, amount, cents } from '@/parts';
import { orderPaths } from './facts';
import { languages } from './languages';
import { suggestion } from './typo';
import classes from './order.module.css';

interface Row {
  key: number;
  product: Product | undefined;
  id: string;
  quantity: number;
  /** As typed; empty for the product's own price. */
  price: string;
}

const emptyRow = (key: number): Row => ({ key, id: '', product: undefined, quantity: 1, price: '' });

/** `?product=ID` has that product in the order already. */
export default function NewOrder() {
  const [params] = useSearchParams();
  const id = params.get('product') ?? '';
  const asked = useRead<Product>(`/digital-products/${id}`, undefined, { enabled: id !== '' });
  if (id !== '' && asked.isPending) return <PageHeader title="New order" back={{ to: '/orders', label: 'Orders' }} />;
  return <Editor first={asked.data} />;
}

function Editor({ first }: { first: Product | undefined }) {
  const { mode } = useScope();
  const { member, server } = useSession();
  const shop = useShop();
  const go = useNavigate();
  const test = mode === 'sandbox';
  const [email, setEmail] = useState(test ? member.email : '');
  const [firstname, setFirst] = useState('');
  const [lastname, setLast] = useState('');
  const [locale, setLocale] = useState('');
  const [rows, setRows] = useState<readonly Row[]>([first ? { ...emptyRow(0), id: first.id, product: first } : emptyRow(0)]);
  const [paid, setPaid] = useState(true);
  const [mail, setMail] = useState(true);
  const [reference, setReference] = useState('');

  const chosen = rows.filter((r) => r.id !== '');
  const currency = chosen[0]?.product?.currency ?? shop.currency;
  const priceOf = (r: Row): number => (r.price === '' ? (r.product?.price_cents ?? 0) : (cents(r.price, currency) ?? 0));
  const total = chosen.reduce((n, r) => n + priceOf(r) * r.quantity, 0);
  const badPrice = (r: Row): boolean => r.price !== '' && cents(r.price, currency) === null;
  const set = (key: number, change: Partial<Row>) => setRows((old) => old.map((r) => (r.key === key ? { ...r, ...change } : r)));

  const create = useWrite<undefined, Order>(
    () => ({
      method: 'POST', path: '/orders', title: 'Create the order',
      body: {
        customer: { email: email.trim(), ...(firstname.trim() && { firstname: firstname.trim() }), ...(lastname.trim() && { lastname: lastname.trim() }), ...(locale && { locale }) },
        currency,
        lines: chosen.map((r) => ({ digital_product_id: r.id, quantity: r.quantity, ...(r.price === '' ? {} : { price_cents: priceOf(r) }) })),
        financial_status: paid ? 'PAID' : 'PENDING',
        ...(reference.trim() && { external_reference: reference.trim() }),
        send_email: mail,
      },
    }),
    { done: (o) => `Order ${o.name} created`, refresh: orderPaths, then: (o) => void go(`/orders/${o.id}`), quiet: true },
  );
  const fields = create.error?.fields ?? {};
  const elsewhere = create.error !== null && !Object.keys(fields).some((f) => shownFields.test(f));
  const submit = (e: FormEvent) => {
    e.preventDefault();
    create.run(undefined);
  };
  const meant = suggestion(email);
  return (
    <>
      <PageHeader
        title={test ? 'Test order' : 'New order'}
        lead={test ? 'It runs through the whole way and counts nowhere. Its mail leaves to nobody: it is kept under Mail.' : 'For sales that were made elsewhere, gifts and press copies.'}
        back={{ to: '/orders', label: 'Orders' }}
      />
      <form onSubmit={submit} noValidate>
        <Stack gap={0} maw="46rem">
          <Section title="Customer">
            <Stack gap="sm">
              <TextInput
                label="E-mail address"
                type="email"
                required
                value={email}
                onChange={(e) => setEmail(e.currentTarget.value)}
                error={fields['customer.email'] ?? fields['email']}
                description={
                  meant === null ? undefined : (
                    <Anchor component="button" type="button" inherit onClick={() => setEmail(meant)}>
                      Did they mean {meant}?
                    </Anchor>
                  )
                }
                autoComplete="off"
              />
              <SimpleGrid cols={{ base: 1, xs: 3 }}>
                <TextInput label="First name" value={firstname} onChange={(e) => setFirst(e.currentTarget.value)} autoComplete="off" />
                <TextInput label="Last name" value={lastname} onChange={(e) => setLast(e.currentTarget.value)} autoComplete="off" />
                <Select label="Language" data={languages} value={locale} onChange={(v) => setLocale(v ?? '')} />
              </SimpleGrid>
            </Stack>
          </Section>
          <Section title="Products">
            <Stack gap="sm">
              {rows.map((r, i) => (
                <div key={r.key} className={classes.newLine}>
                  <ProductPicker label="Product" value={r.id === '' ? null : r.id} onChange={(id, product) => set(r.key, { id: id ?? '', product })} error={fields[`lines[${i}].digital_product_id`]} />
                  <NumberInput label="Quantity" min={1} max={100000} allowDecimal={false} value={r.quantity} onChange={(v) => set(r.key, { quantity: Math.max(1, Number(v) || 1) })} error={fields[`lines[${i}].quantity`]} />
                  <TextInput
                    label={`Price, ${currency}`}
                    inputMode="decimal"
                    placeholder={r.product ? amount(r.product.price_cents, r.product.currency) : ''}
                    value={r.price}
                    onChange={(e) => set(r.key, { price: e.currentTarget.value })}
                    error={badPrice(r) ? 'An amount' : fields[`lines[${i}].price_cents`]}
                  />
                  <ActionIcon size="lg" aria-label={`Take line ${i + 1} out`} disabled={rows.length === 1} onClick={() => setRows((old) => old.filter((o) => o.key !== r.key))}>
                    <IconX size={17} aria-hidden />
                  </ActionIcon>
                </div>
              ))}
              <Group justify="space-between">
                <Button variant="default" size="compact-sm" leftSection={<IconPlus size={15} aria-hidden />} onClick={() => setRows((old) => [...old, emptyRow(Math.max(...old.map((o) => o.key)) + 1)])}>
                  Another product
                </Button>
                <Text fw={600}>
                  Total <Money cents={total} currency={currency} />
                </Text>
              </Group>
            </Stack>
          </Section>
          <Section title="Payment and delivery">
            <Stack gap="sm">
              <SegmentedControl
                aria-label="Payment"
                value={paid ? 'paid' : 'pending'}
                onChange={(v) => setPaid(v === 'paid')}
                data={[
                  { value: 'paid', label: 'Paid: give it out now' },
                  { value: 'pending', label: 'Not paid yet' },
                ]}
              />
              <Checkbox label={paid ? 'Send the delivery mail' : 'Send the delivery mail as soon as it is paid'} checked={mail} onChange={(e) => setMail(e.currentTarget.checked)} />
              {mail && server.mail === 'kept' && (
                <Alert color="blue" variant="light" icon={<IconInfoCircle size={18} />}>
                  No mail server is set up: the mail stays on the server, to be read under <Anchor component={Link} to="/mail" inherit underline="always">Mail</Anchor>.
                </Alert>
              )}
              <TextInput label="Reference" description="Your own number of this sale, if it has one. A second order with the same is refused." value={reference} onChange={(e) => setReference(e.currentTarget.value)} error={fields['external_reference']} maxLength={255} maw="22rem" />
            </Stack>
          </Section>
          <ErrorAlert error={elsewhere ? create.error : null} />
          <Group justify="space-between" gap="xs" mt="xs">
            <CallButton call={() => create.describe(undefined)} />
            <Group gap="xs" ml="auto">
            <Button variant="default" component={Link} to="/orders">
              Cancel
            </Button>
            <Button type="submit" loading={create.busy} disabled={chosen.length === 0 || email.trim() === '' || rows.some(badPrice)}>
              {test ? 'Create test order' : 'Create order'}
            </Button>
            </Group>
          </Group>
        </Stack>
      </form>
    </>
  );
}

/** Fields whose error stands beside them. */
const shownFields = /^(customer\.email|email|external_reference|lines\[\d+\]\.(digital_product_id|quantity|price_cents))$/;

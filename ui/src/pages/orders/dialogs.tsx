// The remedies that ask something first.
import { Alert, Anchor, Checkbox, NumberInput, SegmentedControl, Select, SimpleGrid, Text, TextInput, Textarea } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useWrite } from '@/api/hooks';
import type { FileName } from '@/api/types/file';
import type { Order, OrderLine } from '@/api/types/order';
import { FilesField, FormModal, Money, money, plural } from '@/parts';
import { orderPaths, over, units, unpaid } from './facts';
import { languages } from './languages';
import { suggestion } from './typo';
import classes from './order.module.css';

interface Props {
  order: Order;
  opened: boolean;
  close: () => void;
}

/** The address, name and language of this order; sends the mail again by default. */
export function CorrectDialog({ order, opened, close }: Props) {
  const c = order.customer;
  const [email, setEmail] = useState('');
  const [firstname, setFirst] = useState('');
  const [lastname, setLast] = useState('');
  const [locale, setLocale] = useState('');
  const [again, setAgain] = useState(true);
  const changed = email.trim().toLowerCase() !== (c.email ?? '');
  const save = useWrite<undefined, Order>(
    () => ({
      method: 'PATCH', path: `/orders/${order.id}/customer`, title: 'Correct the customer',
      body: {
        ...(changed ? { email: email.trim() } : {}),
        ...(firstname !== (c.firstname ?? '') ? { firstname } : {}),
        ...(lastname !== (c.lastname ?? '') ? { lastname } : {}),
        ...(locale !== (c.locale ?? '') ? { locale } : {}),
        resend: again,
      },
    }),
    { done: again ? `Corrected, and the mail sent to ${email.trim()}` : 'Corrected', refresh: orderPaths, then: close, quiet: true },
  );
  const { reset } = save;
  useEffect(() => {
    if (!opened) return;
    setEmail(c.email ?? '');
    setFirst(c.firstname ?? '');
    setLast(c.lastname ?? '');
    setLocale(c.locale ?? '');
    setAgain(true);
    reset();
  }, [opened, c.email, c.firstname, c.lastname, c.locale, reset]);
  const meant = suggestion(email);
  return (
    <FormModal title={`Customer of ${order.name}`} opened={opened} close={close} submit={again ? 'Save and send again' : 'Save'} onSubmit={() => save.run(undefined)} call={() => save.describe(undefined)} busy={save.busy} error={save.error && Object.keys(save.error.fields).length === 0 ? save.error : null} disabled={email.trim() === ''}>
      <TextInput
        label="E-mail address"
        type="email"
        value={email}
        onChange={(e) => setEmail(e.currentTarget.value)}
        error={save.error?.fields['email']}
        description={meant === null ? undefined : <Anchor component="button" type="button" inherit onClick={() => setEmail(meant)}>{`Did they mean ${meant}?`}</Anchor>}
        autoComplete="off"
        data-autofocus
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TextInput label="First name" value={firstname} onChange={(e) => setFirst(e.currentTarget.value)} error={save.error?.fields['firstname']} autoComplete="off" />
        <TextInput label="Last name" value={lastname} onChange={(e) => setLast(e.currentTarget.value)} error={save.error?.fields['lastname']} autoComplete="off" />
      </SimpleGrid>
      <Select label="Language of mails and pages" data={languages} value={languages.some((l) => l.value === locale) ? locale : locale.slice(0, 2)} onChange={(v) => setLocale(v ?? '')} />
      <Checkbox label="Send the delivery mail again" checked={again} onChange={(e) => setAgain(e.currentTarget.checked)} />
      {changed && c.email !== null && (
        <Alert color="amber" variant="light" icon={<IconInfoCircle size={18} />}>
          The links that went to {c.email} stop working.
        </Alert>
      )}
    </FormModal>
  );
}

/** Units of each line, and what they cost. */
export function RefundDialog({ order, opened, close, line }: Props & { line: OrderLine | null }) {
  const lines = order.lines.filter((l) => !over(l) && units(l) > 0);
  const [chosen, setChosen] = useState<Readonly<Record<string, number>>>({});
  const body = lines.filter((l) => (chosen[l.id] ?? 0) > 0).map((l) => ({ line_id: l.id, quantity: chosen[l.id] ?? 0 }));
  const sum = lines.reduce((n, l) => n + (chosen[l.id] ?? 0) * l.price_cents, 0);
  const total = body.reduce((n, l) => n + l.quantity, 0);
  const refund = useWrite<undefined, Order>(() => ({ method: 'POST', path: `/orders/${order.id}/refunds`, body: { lines: body }, title: 'Refund units' }), {
    done: `${plural(total, 'unit')} refunded, ${money(sum, order.currency)}`,
    refresh: orderPaths,
    then: close,
    quiet: true,
  });
  const { reset } = refund;
  useEffect(() => {
    if (!opened) return;
    setChosen(Object.fromEntries(lines.map((l) => [l.id, line === null || line.id === l.id ? units(l) : 0])));
    reset();
    // The lines as they are when the dialog opens.
  }, [opened, line, reset]); // eslint-disable-line react-hooks/exhaustive-deps
  return (
    <FormModal title={`Refund ${order.name}`} opened={opened} close={close} submit={total === 0 ? 'Refund' : `Refund ${money(sum, order.currency)}`} onSubmit={() => refund.run(undefined)} call={() => refund.describe(undefined)} busy={refund.busy} error={refund.error} danger disabled={total === 0}>
      <div>
        {lines.map((l) => (
          <div key={l.id} className={classes.refund}>
            <div>
              <Text size="sm" fw={560}>
                {l.digital_product.name}
              </Text>
              <Text size="xs" c="dimmed">
                {plural(units(l), 'unit')} at <Money cents={l.price_cents} currency={order.currency} />
              </Text>
            </div>
            <NumberInput aria-label={`Units of ${l.digital_product.name} to refund`} min={0} max={units(l)} clampBehavior="strict" allowDecimal={false} value={chosen[l.id] ?? 0} onChange={(v) => setChosen((old) => ({ ...old, [l.id]: Number(v) || 0 }))} />
            <Text size="sm">
              <Money cents={(chosen[l.id] ?? 0) * l.price_cents} currency={order.currency} />
            </Text>
          </div>
        ))}
      </div>
      <Alert color="blue" variant="light" icon={<IconInfoCircle size={18} />}>
        The rights of these units end by the shop’s refund policy: their downloads and licence keys. The money itself is sent back where it was paid.
      </Alert>
    </FormModal>
  );
}

/** Ends an order, or one of its lines, with a reason. */
export function CancelDialog({ order, opened, close, line }: Props & { line: OrderLine | null }) {
  const [reason, setReason] = useState('');
  const cancel = useWrite<undefined, Order>(
    () => ({
      method: 'POST', path: `/orders/${order.id}/cancel`, title: 'Cancel',
      body: { ...(reason.trim() === '' ? {} : { reason: reason.trim() }), ...(line === null ? {} : { line_ids: [line.id] }) },
    }),
    { done: line === null ? `${order.name} cancelled` : `${line.digital_product.name} cancelled`, refresh: orderPaths, then: close, quiet: true },
  );
  const { reset } = cancel;
  useEffect(() => {
    if (!opened) return;
    setReason('');
    reset();
  }, [opened, reset]);
  return (
    <FormModal title={line === null ? `Cancel ${order.name}` : `Cancel ${line.digital_product.name}`} opened={opened} close={close} submit={line === null ? 'Cancel the order' : 'Cancel the line'} onSubmit={() => cancel.run(undefined)} call={() => cancel.describe(undefined)} busy={cancel.busy} error={cancel.error} danger dismiss={line === null ? 'Keep the order' : 'Keep the line'}>
      <Text size="sm">
        {line === null ? 'All of it ends' : 'It ends'} for good: downloads and licence keys stop, and nothing of it comes back.
        {unpaid(order) ? ' Nothing was paid for it.' : ' No money is sent back by it; refund units for that.'}
      </Text>
      <Textarea label="Reason" description="Kept with the order." value={reason} onChange={(e) => setReason(e.currentTarget.value)} autosize minRows={2} maxLength={500} data-autofocus />
    </FormModal>
  );
}

/** The files of a UNIQUE line. */
export function FilesDialog({ order, opened, close, line }: Props & { line: OrderLine | null }) {
  const [files, setFiles] = useState<FileName[]>([]);
  const [mail, setMail] = useState(true);
  const save = useWrite<undefined, Order>(
    () => ({ method: 'PUT', path: `/orders/${order.id}/lines/${line?.id ?? ''}/files`, body: { file_ids: files.map((f) => f.id), send_email: mail && files.length > 0 }, title: 'Assign files' }),
    { done: files.length === 0 ? 'The files were taken away' : `${plural(files.length, 'file')} assigned`, refresh: orderPaths, then: close, quiet: true },
  );
  const { reset } = save;
  useEffect(() => {
    if (!opened) return;
    setFiles([...(line?.files ?? [])]);
    setMail(true);
    reset();
  }, [opened, line, reset]);
  return (
    <FormModal title={`Files for ${order.customer.email ?? order.name}`} opened={opened} close={close} submit="Assign files" onSubmit={() => save.run(undefined)} call={() => save.describe(undefined)} busy={save.busy} error={save.error}>
      <FilesField label={line?.digital_product.name ?? 'Files'} description="This customer alone gets them, in this order." value={files} onChange={setFiles} />
      <Checkbox label="Mail the customer that they are there" checked={mail && files.length > 0} disabled={files.length === 0} onChange={(e) => setMail(e.currentTarget.checked)} />
    </FormModal>
  );
}

/** Keys by hand, or from stock. */
export function KeysDialog({ order, opened, close, line, owed }: Props & { line: OrderLine | null; owed: number }) {
  const [from, setFrom] = useState<'hand' | 'stock'>('hand');
  const [text, setText] = useState('');
  const keys = text.split(/[\n,;]+/).map((k) => k.trim()).filter(Boolean);
  const save = useWrite<undefined, Order>(
    () => ({ method: 'POST', path: `/orders/${order.id}/lines/${line?.id ?? ''}/keys`, body: from === 'stock' ? {} : { keys }, title: 'Assign licence keys' }),
    { done: 'Licence keys assigned', refresh: orderPaths, then: close, quiet: true },
  );
  const { reset } = save;
  useEffect(() => {
    if (!opened) return;
    setText('');
    setFrom('hand');
    reset();
  }, [opened, reset]);
  const tooMany = keys.length > owed;
  return (
    <FormModal title="Assign licence keys" opened={opened} close={close} submit={from === 'stock' ? 'Take from stock' : keys.length > 1 ? `Assign ${plural(keys.length, 'key')}` : 'Assign key'} onSubmit={() => save.run(undefined)} call={() => save.describe(undefined)} busy={save.busy} error={save.error} disabled={from === 'hand' && (keys.length === 0 || tooMany)}>
      <Text size="sm">
        {line?.digital_product.name} waits for {plural(owed, 'key')}.
      </Text>
      <SegmentedControl aria-label="Where the keys come from" value={from} onChange={(v) => setFrom(v === 'stock' ? 'stock' : 'hand')} data={[{ value: 'hand', label: 'Type them' }, { value: 'stock', label: 'From stock' }]} />
      {from === 'hand' ? (
        <Textarea label="Keys" description="One a line. The customer sees them at once." value={text} onChange={(e) => setText(e.currentTarget.value)} autosize minRows={Math.min(6, Math.max(2, owed))} error={tooMany ? `At most ${plural(owed, 'key')}.` : undefined} classNames={{ input: 'mono' }} data-autofocus />
      ) : (
        <Text size="sm" c="dimmed">
          The oldest free keys of the product’s stock are taken. When there are fewer than {owed}, the rest goes on waiting.
        </Text>
      )}
    </FormModal>
  );
}

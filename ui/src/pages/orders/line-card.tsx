// One line of an order: what was bought, what it gives, what was fetched of
// it, and what can be done about it.
import { ActionIcon, Anchor, Button, Group, Menu, Progress, Text } from '@mantine/core';
import { IconBan, IconDots, IconFilePlus, IconKey, IconLink, IconReceiptRefund, IconRefresh, IconRotate } from '@tabler/icons-react';
import { Link } from 'react-router';
import type { AttachedFile } from '@/api/types/file';
import type { Order, OrderLine } from '@/api/types/order';
import type { Product } from '@/api/types/product';
import { Bytes, CopyButton, Money, ServerState, When, kindOf, plural } from '@/parts';
import { copiesOf, goods, hasKeys, keysOwed, over, units, waitsFor } from './facts';
import type { Remedies } from './use-order';
import classes from './order.module.css';

export type LineDialog = 'files' | 'keys' | 'refund' | 'cancel' | 'urls';

interface Props {
  order: Order;
  line: OrderLine;
  product: Product | undefined;
  remedies: Remedies;
  open: (dialog: LineDialog, line: OrderLine) => void;
}

export function LineCard({ order, line, product, remedies, open }: Props) {
  const files = goods(line, product);
  const owed = keysOwed(line, product);
  const why = waitsFor(order, line, product);
  const base = product?.max_downloads ?? 0;
  const limit = base > 0 ? (line.rights?.copies ?? base) : null;
  const left = units(line);
  const name = line.digital_product.name;
  return (
    <li className={classes.line}>
      <Group justify="space-between" wrap="nowrap" align="flex-start" gap="sm">
        <div className={classes.what}>
          <Group gap="xs">
            <Anchor component={Link} to={`/products/${line.digital_product.id}`} c="var(--mantine-color-text)" fw={580}>
              {name}
            </Anchor>
            {line.status !== 'active' && <ServerState value={line.status} />}
          </Group>
          <Text size="sm" c="dimmed">
            {line.quantity} × <Money cents={line.price_cents} currency={order.currency} />
            {line.rights?.country && ` · sold to ${line.rights.country}`}
            {line.refunded_quantity > 0 && ` · ${plural(line.refunded_quantity, 'unit')} given back`}
            {line.expires_at && (
              <>
                {' · access ends '}
                <When at={line.expires_at} />
              </>
            )}
            {line.rights?.open_until && (
              <>
                {' · put off to '}
                <When at={line.rights.open_until} />
              </>
            )}
            {line.ends_at && (
              <>
                {' · runs until '}
                <When at={line.ends_at} />
              </>
            )}
          </Text>
        </div>
        <Group gap={6} wrap="nowrap">
          <Text size="sm" fw={580} className={classes.amount}>
            <Money cents={line.price_cents * line.quantity} currency={order.currency} />
          </Text>
          <LineMenu line={line} product={product} owed={owed} fileCount={files.length} remedies={remedies} open={open} />
        </Group>
      </Group>

      {why !== null && (
        <div className={classes.why} data-tone={line.status === 'failed' ? 'red' : line.status === 'canceled' || line.status === 'unpaid' ? 'gray' : 'amber'}>
          <span>{why}</span>
          {line.status === 'failed' && (
            <Button size="compact-sm" variant="default" leftSection={<IconRotate size={14} aria-hidden />} loading={remedies.retryLine.busy} onClick={() => remedies.retryLine.run(line.id)}>
              Retry
            </Button>
          )}
          {line.delivering_type === 'UNIQUE' && !over(line) && files.length === 0 && line.status !== 'failed' && (
            <Button size="compact-sm" variant="default" leftSection={<IconFilePlus size={14} aria-hidden />} onClick={() => open('files', line)}>
              Assign files
            </Button>
          )}
          {owed > 0 && (
            <Button size="compact-sm" variant="default" leftSection={<IconKey size={14} aria-hidden />} onClick={() => open('keys', line)}>
              Assign keys
            </Button>
          )}
          {why.startsWith('The product has no file') && (
            <Button size="compact-sm" variant="default" component={Link} to={`/products/${line.digital_product.id}`}>
              Add a file
            </Button>
          )}
        </div>
      )}

      {files.length > 0 && (
        <ul className={classes.files} aria-label={`Files of ${name}`}>
          {files.map((f) => (
            <FileRow key={f.id} file={f} line={line} limit={limit} since={line.rights?.counted_from ?? ''} />
          ))}
        </ul>
      )}
      {line.license_keys.length > 0 && (
        <ul className={classes.files} aria-label={`Licence keys of ${name}`}>
          {line.license_keys.map((k) => (
            <li key={k} className={classes.file}>
              <span className={classes.kind} aria-hidden>
                <IconKey size={15} />
              </span>
              <span className="mono">{k}</span>
              <CopyButton value={k} label={`Copy the key ${k}`} />
            </li>
          ))}
        </ul>
      )}
      {left > 1 && line.license_keys.length === 0 && !hasKeys(product) && !over(line) && (
        <Text size="xs" c="dimmed" mt={6}>
          {plural(left, 'unit')} share the same files.
        </Text>
      )}
    </li>
  );
}

function FileRow({ file, line, limit, since }: { file: AttachedFile; line: OrderLine; limit: number | null; since: string }) {
  const copies = copiesOf(line, file, since);
  const used = limit !== null && limit > 0 && copies.counted >= limit;
  return (
    <li className={classes.file}>
      <span className={classes.kind} aria-hidden>
        {kindOf(file.name)}
      </span>
      <div className={classes.name}>
        <Text size="sm" truncate title={file.name}>
          {file.name}
        </Text>
        <Text size="xs" c="dimmed">
          <Bytes value={file.size} />
          {copies.last && (
            <>
              {' · last fetched '}
              <When at={copies.last} />
            </>
          )}
        </Text>
      </div>
      <div className={classes.copies}>
        <Text size="xs" fw={560} c={used ? 'var(--tone-red)' : undefined}>
          {limit !== null && limit > 0 ? `${copies.counted} of ${plural(limit, 'copy', 'copies')}` : plural(copies.counted, 'copy', 'copies')}
        </Text>
        {copies.all > 0 && copies.share < 1 ? (
          <Progress value={copies.share * 100} size="xs" w={84} aria-label={`${Math.floor(copies.share * 100)} % of ${file.name} transferred`} />
        ) : (
          <Text size="xs" c="dimmed">
            {copies.all === 0 ? 'not fetched' : used ? 'used up' : 'fetched'}
          </Text>
        )}
      </div>
    </li>
  );
}

function LineMenu({ line, product, owed, fileCount, remedies, open }: Pick<Props, 'line' | 'product' | 'remedies' | 'open'> & { owed: number; fileCount: number }) {
  const unique = line.delivering_type === 'UNIQUE';
  const gone = over(line);
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <ActionIcon aria-label={`Remedies for ${line.digital_product.name}`}>
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconRefresh size={16} aria-hidden />} disabled={gone || fileCount === 0} onClick={() => remedies.resetLine.run(line.id)}>
          Reset downloads
        </Menu.Item>
        {unique && (
          <Menu.Item leftSection={<IconFilePlus size={16} aria-hidden />} disabled={gone} onClick={() => open('files', line)}>
            {fileCount === 0 ? 'Assign files' : 'Change files'}
          </Menu.Item>
        )}
        {hasKeys(product) && (
          <Menu.Item leftSection={<IconKey size={16} aria-hidden />} disabled={gone || owed === 0} onClick={() => open('keys', line)}>
            Assign keys
          </Menu.Item>
        )}
        {(line.status === 'failed' || line.status === 'processing') && (
          <Menu.Item leftSection={<IconRotate size={16} aria-hidden />} onClick={() => remedies.retryLine.run(line.id)}>
            Retry
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconLink size={16} aria-hidden />} disabled={line.status !== 'active'} onClick={() => open('urls', line)}>
          Fresh addresses
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconReceiptRefund size={16} aria-hidden />} disabled={gone || units(line) === 0 || line.status === 'unpaid'} onClick={() => open('refund', line)}>
          Refund units
        </Menu.Item>
        <Menu.Item leftSection={<IconBan size={16} aria-hidden />} disabled={gone} color="red" onClick={() => open('cancel', line)}>
          Cancel this line
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

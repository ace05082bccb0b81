// One product: its settings, its versions, and what can be done with it.
import { Anchor, Button, Group, Menu, Skeleton, Tabs } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDisclosure } from '@mantine/hooks';
import { IconArchive, IconArchiveOff, IconDots, IconDownload, IconReceipt2, IconStackFront, IconTicket } from '@tabler/icons-react';
import { Link, useBlocker, useParams, useSearchParams } from 'react-router';
import type { Call } from '@/api/client';
import { useRead, useWrite } from '@/api/hooks';
import { useScope } from '@/api/scope';
import { useIsAdmin } from '@/api/session';
import type { Product } from '@/api/types/product';
import { CallButton, ConfirmModal, CopyButton, ErrorAlert, ErrorPanel, JsonBlock, KeyValue, PageHeader, plural, Section, When } from '@/parts';
import { useZone } from '@/shell/zone';
import { Basics, Delivery, Goods, Limits, Sale, Stamping } from './fields';
import { Identity, Parts } from './identity';
import { State } from './list';
import { DownloadToken } from './download-token';
import { ProductMappings } from './mappings';
import { StampPreview } from './stamp-preview';
import { changes, fieldOf, valuesOf, type Values } from './values';
import { Versions } from './versions';
import classes from './products.module.css';

const back = { to: '/products', label: 'Products' };

export default function ProductPage() {
  const { id = '' } = useParams();
  const { data: product, error, refetch } = useRead<Product>(`/digital-products/${id}`, undefined, { title: 'Read this product' });
  if (error) {
    return (
      <>
        <PageHeader title="Product" back={back} />
        <ErrorPanel error={error} retry={() => void refetch()} />
      </>
    );
  }
  if (!product) {
    return (
      <>
        <PageHeader title="Product" back={back} />
        <Skeleton h={420} radius="lg" />
      </>
    );
  }
  return <Known key={`${product.id} ${product.updated_at}`} product={product} />;
}

function Known({ product }: { product: Product }) {
  const admin = useIsAdmin();
  const [params, setParams] = useSearchParams();
  const tab = params.get('tab') ?? 'settings';
  return (
    <>
      <PageHeader title={product.name} back={back} state={<State product={product} />} actions={<Deeds product={product} />} />
      <Tabs value={tab} onChange={(t) => setParams(t === null || t === 'settings' ? {} : { tab: t }, { replace: true })} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="settings">Settings</Tabs.Tab>
          <Tabs.Tab value="versions">Files and versions</Tabs.Tab>
          {admin && <Tabs.Tab value="stores">Stores</Tabs.Tab>}
          <Tabs.Tab value="raw">JSON</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="settings">
          <Editor product={product} />
        </Tabs.Panel>
        <Tabs.Panel value="versions">
          <Versions product={product} />
        </Tabs.Panel>
        {admin && (
          <Tabs.Panel value="stores">
            <ProductMappings id={product.id} />
          </Tabs.Panel>
        )}
        <Tabs.Panel value="raw">
          <JsonBlock value={product} label="The product as the API gives it" />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function Editor({ product }: { product: Product }) {
  const zone = useZone();
  const form = useForm<Values>({
    initialValues: valuesOf(product, zone),
    validate: {
      name: (v) => (v.trim() === '' ? 'A product needs a name.' : null),
      price: (v) => (v.trim() !== '' && !/^\d+([.,]\d{1,3})?$/.test(v.trim()) ? 'Write an amount such as 12.50.' : null),
    },
  });
  const [previewing, preview] = useDisclosure(false);
  const before = valuesOf(product, zone);
  const changed = changes(before, form.values);
  const dirty = Object.keys(changed).length > 0;
  const describe = (body: Record<string, unknown>): Call => ({ method: 'PATCH', path: `/digital-products/${product.id}`, body, title: 'Change the product' });
  const save = useWrite(describe, {
    done: 'Product saved',
    refresh: ['/digital-products'],
    undo: (_, body) => describe(Object.fromEntries(Object.keys(body).map((name) => [name, changes(form.values, before)[name]]))),
    quiet: true,
  });
  const leaving = useBlocker(({ currentLocation, nextLocation }) => dirty && !save.busy && currentLocation.pathname !== nextLocation.pathname);
  const submit = form.onSubmit(() =>
    save.runAsync(changed).catch((e: unknown) => {
      if (e instanceof Error && 'fields' in e) {
        form.setErrors(Object.fromEntries(Object.entries(e.fields as Record<string, string>).map(([name, words]) => [fieldOf(name), words])));
      }
    }),
  );
  const pdf = product.files.find((f) => f.type === 'application/pdf');
  return (
    <form onSubmit={submit} noValidate>
      <div className={classes.columns}>
        <div>
          <Basics form={form} />
          <Goods form={form} withFiles={false} />
          <Delivery form={form} />
          <Parts form={form} id={product.id} />
        </div>
        <div>
          <Limits form={form} />
          <Stamping
            form={form}
            preview={
              pdf && (
                <Button size="compact-sm" variant="default" leftSection={<IconStackFront size={15} aria-hidden />} onClick={preview.open}>
                  Preview
                </Button>
              )
            }
          />
          <Sale form={form} />
          <Identity form={form} />
          <Section title="About">
            <KeyValue
              items={[
                ['Id', <span key="i" className="mono">{product.id} <CopyButton value={product.id} label="Copy the id" /></span>],
                ['Added', <When key="c" at={product.created_at} />],
                ['Changed', <When key="u" at={product.updated_at} />],
                ['Orders', <Anchor key="o" component={Link} to={`/orders?digital_product_id=${product.id}`} size="sm">All orders of it</Anchor>],
              ]}
            />
          </Section>
        </div>
      </div>
      <ErrorAlert error={save.error} />
      {dirty && (
        <div className={classes.save} data-save-bar role="region" aria-label="Unsaved changes">
          <span>{plural(Object.keys(changed).length, 'change')} not saved</span>
          <Group gap="xs">
            <CallButton call={() => describe(changed)} />
            <Button variant="default" onClick={() => form.setValues(before)}>
              Discard
            </Button>
            <Button type="submit" loading={save.busy}>
              Save changes
            </Button>
          </Group>
        </div>
      )}
      {pdf && <StampPreview fileId={pdf.id} opened={previewing} close={preview.close} {...(form.values.stamping_text.trim() === '' ? {} : { text: form.values.stamping_text })} />}
      <ConfirmModal title="Leave without saving" opened={leaving.state === 'blocked'} close={() => leaving.reset?.()} confirm="Leave" onConfirm={() => leaving.proceed?.()}>
        What you changed here is not saved.
      </ConfirmModal>
    </form>
  );
}

function Deeds({ product }: { product: Product }) {
  const admin = useIsAdmin();
  const { mode } = useScope();
  const [tokening, token] = useDisclosure(false);
  const archive = (on: boolean): Call => ({ method: 'PATCH', path: `/digital-products/${product.id}`, body: { is_archived: on }, title: on ? 'Archive the product' : 'Take it out of the archive' });
  const put = useWrite(archive, {
    done: (_, on) => (on ? 'Archived: its buyers keep what they have' : 'Back in the catalogue'),
    refresh: ['/digital-products'],
    undo: (_, on) => archive(!on),
    sample: !product.is_archived,
  });
  const test = useWrite<void, { url: string }>((): Call => ({ method: 'POST', path: `/digital-products/${product.id}/test-download`, body: {}, title: 'Make a test download' }), {
    then: ({ url }) => window.open(url, '_blank', 'noopener'),
    ...(admin ? { sample: undefined } : {}),
  });
  return (
    <>
      <Button component={Link} to={`/orders/new?product=${product.id}`} variant="default" leftSection={<IconReceipt2 size={16} aria-hidden />}>
        {mode === 'sandbox' ? 'Test order' : 'New order'}
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" px="xs" aria-label="More actions">
            <IconDots size={16} aria-hidden />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {admin && (
            <Menu.Item leftSection={<IconDownload size={16} aria-hidden />} onClick={() => test.run()}>
              Test download
            </Menu.Item>
          )}
          {admin && (
            <Menu.Item leftSection={<IconTicket size={16} aria-hidden />} disabled={product.active_version_id === null} onClick={token.open}>
              Generate a download token
            </Menu.Item>
          )}
          <Menu.Item leftSection={product.is_archived ? <IconArchiveOff size={16} aria-hidden /> : <IconArchive size={16} aria-hidden />} onClick={() => put.run(!product.is_archived)}>
            {product.is_archived ? 'Take out of the archive' : 'Archive'}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {tokening && <DownloadToken product={product} close={token.close} />}
    </>
  );
}

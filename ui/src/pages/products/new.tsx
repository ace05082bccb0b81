// A new product: what it is, what buyers get, and what is seldom needed behind a fold.
import { Button, Collapse, Group, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDisclosure } from '@mantine/hooks';
import { useNavigate } from 'react-router';
import type { Call } from '@/api/client';
import { useWrite } from '@/api/hooks';
import { useShop } from '@/api/session';
import type { Product } from '@/api/types/product';
import { CallButton, ErrorAlert, PageHeader } from '@/parts';
import { useZone } from '@/shell/zone';
import { Basics, Delivery, Goods, Limits, Sale, Stamping } from './fields';
import { Identity, Parts } from './identity';
import { creation, empty, fieldOf, type Values } from './values';
import classes from './products.module.css';

export default function NewProduct() {
  const { currency } = useShop();
  const go = useNavigate();
  const zone = useZone();
  const [more, { toggle }] = useDisclosure(false);
  const form = useForm<Values>({
    initialValues: empty(currency, zone),
    validate: {
      name: (v) => (v.trim() === '' ? 'A product needs a name.' : null),
      price: (v) => (v.trim() !== '' && !/^\d+([.,]\d{1,3})?$/.test(v.trim()) ? 'Write an amount such as 12.50.' : null),
    },
  });
  const describe = (v: Values): Call => ({ method: 'POST', path: '/digital-products', body: creation(v), title: 'Create the product' });
  const create = useWrite<Values, Product>(describe, {
    done: (p) => `${p.name} is ready to sell`,
    refresh: ['/digital-products', '/checklist'],
    quiet: true,
    then: (p) => void go(`/products/${p.id}`),
  });
  const submit = form.onSubmit((v) =>
    create.runAsync(v).catch((e: unknown) => {
      if (e instanceof Error && 'fields' in e) {
        form.setErrors(Object.fromEntries(Object.entries(e.fields as Record<string, string>).map(([name, words]) => [fieldOf(name), words])));
      }
    }),
  );
  return (
    <>
      <PageHeader title="New product" back={{ to: '/products', label: 'Products' }} lead="A name is enough to begin with; files and limits can change at any time, for past orders too." />
      <form onSubmit={submit} noValidate>
        <div className={classes.columns}>
          <div>
            <Basics form={form} />
            <Goods form={form} withFiles />
            <Collapse expanded={more}>
              <Delivery form={form} />
              <Parts form={form} id={null} />
            </Collapse>
          </div>
          <div>
            <Limits form={form} />
            <Stamping form={form} />
            <Button variant="default" fullWidth onClick={toggle} aria-expanded={more} mb="md">
              {more ? 'Fewer settings' : 'More settings'}
            </Button>
            <Collapse expanded={more}>
              <Sale form={form} />
              <Identity form={form} />
            </Collapse>
          </div>
        </div>
        <Stack gap="sm">
          <ErrorAlert error={create.error} />
          <div className={classes.save} data-save-bar>
            <CallButton call={() => describe(form.values)} />
            <Group gap="xs">
              <Button variant="default" onClick={() => void go('/products')}>
                Cancel
              </Button>
              <Button type="submit" loading={create.busy}>
                Create product
              </Button>
            </Group>
          </div>
        </Stack>
      </form>
    </>
  );
}

// Download links: files for whoever has the address.
import { Button, Text } from '@mantine/core';
import { IconLink, IconPlus } from '@tabler/icons-react';
import { useSearchParams } from 'react-router';
import { useList } from '@/api/hooks';
import type { DownloadLink } from '@/api/types/link';
import { CopyButton, DataTable, EmptyState, PageHeader, plural, shortDay, StatePill, useFilters, useNewDialog, When, type Column } from '@/parts';
import { useZone } from '@/shell/zone';
import { LinkDrawer, NewLink } from './dialogs';

const columns: readonly Column<DownloadLink>[] = [
  {
    key: 'files',
    title: 'Files',
    cell: (l) => {
      const [first] = l.files;
      return first === undefined ? 'no files' : l.files.length === 1 ? first.name : `${first.name} and ${plural(l.files.length - 1, 'more file')}`;
    },
  },
  { key: 'url', title: 'Address', cell: (l) => <CopyButton value={l.url} label="Copy the address" withText /> },
  { key: 'limit', title: 'Limit', width: '9rem', cell: (l) => (l.use_download_limit && l.download_limit > 0 ? `${plural(l.download_limit, 'copy', 'copies')} of each` : <Text span inherit c="dimmed">none</Text>) },
  { key: 'stamp', title: 'Stamp', cell: (l) => (l.use_stamping ? (l.stamping_text ?? 'the shop’s text') : ''), card: 'hide' },
  { key: 'state', title: 'State', cell: (l) => <State link={l} />, card: 'aside' },
  { key: 'created', title: 'Created', align: 'right', sort: 'created_at', cell: (l) => <When at={l.created_at} /> },
];

export function State({ link }: { link: DownloadLink }) {
  const zone = useZone();
  if (link.expires_at === null) return <StatePill tone="green">Open</StatePill>;
  return new Date(link.expires_at).getTime() <= Date.now() ? <StatePill tone="gray">Expired</StatePill> : <StatePill tone="green">{`Until ${shortDay(link.expires_at, zone)}`}</StatePill>;
}

export default function Links() {
  const dialog = useNewDialog();
  const filters = useFilters({ sort: '-created_at' });
  const [params, setParams] = useSearchParams();
  const list = useList<DownloadLink>('/download-links', filters.values, { title: 'List download links' });
  const open = (id: string | null) =>
    setParams((old) => {
      const next = new URLSearchParams(old);
      if (id === null) next.delete('link');
      else next.set('link', id);
      return next;
    });
  const add = (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={dialog.open}>
      New link
    </Button>
  );
  return (
    <>
      <PageHeader title="Download links" lead="For the press, for reviewers, for a customer in trouble: whoever has the address gets the files, as often as you say." actions={add} />
      <DataTable
        label="Download links"
        columns={columns}
        list={list}
        rowKey={(l) => l.id}
        onRow={(l) => open(l.id)}
        sort={filters.values.sort}
        onSort={(sort) => filters.set({ sort })}
        empty={
          <EmptyState icon={IconLink} title="No download links yet" action={add}>
            A link gives files without an order. It can be limited, stamped, dated, and revoked at any time.
          </EmptyState>
        }
      />
      <NewLink opened={dialog.opened} close={dialog.close} />
      <LinkDrawer id={params.get('link')} close={() => open(null)} />
    </>
  );
}

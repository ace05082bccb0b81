import { Loader } from '@mantine/core';

export function Loading() {
  return (
    <div style={{ display: 'grid', placeItems: 'center', minHeight: '60vh' }} role="status" aria-label="Loading">
      <Loader size="sm" type="dots" />
    </div>
  );
}

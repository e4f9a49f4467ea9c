import { EmptyState } from '../../components/empty-state.tsx';
import { Screen } from '../../components/screen.tsx';

export function Discovery() {
  return (
    <Screen title="Discovery">
      <EmptyState title="Nothing to see here yet" />
    </Screen>
  );
}

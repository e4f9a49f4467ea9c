import { EmptyState } from '../../components/empty-state.tsx';
import { Screen } from '../../components/screen.tsx';

export function Sources() {
  return (
    <Screen title="Sources">
      <EmptyState title="Nothing to see here yet" />
    </Screen>
  );
}

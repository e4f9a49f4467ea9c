import { EmptyState } from '../../components/empty-state.tsx';
import { Screen } from '../../components/screen.tsx';

export function Workspaces() {
  return (
    <Screen title="Workspaces">
      <EmptyState title="Nothing to see here yet" />
    </Screen>
  );
}

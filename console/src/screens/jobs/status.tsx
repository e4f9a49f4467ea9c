/** How a job stands, as a chip; and how far it is, in words. */
import { isFinal, type Job } from '@headgate/client';
import { Badge } from '@mantine/core';
import {
  IconCircleCheck,
  IconCircleMinus,
  IconCircleX,
  IconHourglass,
  IconPlayerPlay,
  type TablerIcon,
} from '@tabler/icons-react';
import { bytesText, counted } from '../../components/figures.ts';

const looks: Readonly<Record<Job['status'], { color: string; icon: TablerIcon }>> = {
  queued: { color: 'gray', icon: IconHourglass },
  running: { color: 'water', icon: IconPlayerPlay },
  succeeded: { color: 'teal', icon: IconCircleCheck },
  failed: { color: 'red', icon: IconCircleX },
  cancelled: { color: 'orange', icon: IconCircleMinus },
};

export function JobStatus({ job }: { job: Pick<Job, 'status' | 'cancelRequested'> }) {
  const { color, icon: Icon } = looks[job.status];
  return (
    <Badge size="sm" variant="light" color={color} leftSection={<Icon size={13} aria-hidden />}>
      {job.cancelRequested && !isFinal(job) ? 'stopping' : job.status}
    </Badge>
  );
}

/** `1,204,000 rows · 88 MB`. */
export function progressText({ rows, bytes }: Job['progress']): string {
  return `${counted(rows, 'row')} · ${bytesText(bytes)}`;
}

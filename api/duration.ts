/** How long ago, as `kubectl get` shows it: two units at most, fewer the longer it is ago. */

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

export function formatDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>'; // More than clocks of two machines should differ.
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(ms / minuteMs);
  if (minutes < 10) return twoUnits(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(ms / hourMs);
  if (hours < 8) return twoUnits(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (days < 8) return twoUnits(days, 'd', hours % 24, 'h');
  if (days < 2 * 365) return `${days}d`;
  const years = Math.trunc(days / 365);
  return days < 8 * 365 ? twoUnits(years, 'y', days % 365, 'd') : `${years}y`;
}

/** `5m` since an RFC 3339 time; `<unknown>` where there is none. */
export function formatAge(time: string | null | undefined, now: number): string {
  return time ? formatDuration(now - Date.parse(time)) : '<unknown>';
}

const twoUnits = (large: number, largeUnit: string, small: number, smallUnit: string) =>
  small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;

export function AlertDetail({ alertId }: { alertId: string }) {
  return <section>{alertId}</section>;
}

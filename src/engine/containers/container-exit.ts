export interface ContainerExit {
  readonly exitCode: number;
  /** The engine's own text when the start failed or the waiting went wrong on its side. */
  readonly error?: string | undefined;
}

export interface ContainerExit {
  readonly exitCode: number;
  /** The engine's own text when the start failed or the wait went wrong on the engine's side. */
  readonly error?: string | undefined;
}

import type { EngineFacts, RuntimeFacts } from './engine-facts.ts';
import type { Fact } from './fact.ts';
import type { HostFacts } from './host-facts.ts';
import type { AbsentImage, ImageFacts, ProgramFacts } from './image-facts.ts';
import type { LaunchRequirements } from './launch-verdict.ts';

/** All facts from which a verdict is made. */
export interface LaunchFacts {
  readonly host: HostFacts;
  readonly engine: EngineFacts;
  readonly image: ImageFacts | AbsentImage;
}

/** What the rules look at: the facts, and what they mean for this launch. */
export interface LaunchCase {
  readonly host: HostFacts;
  readonly engine: EngineFacts;
  readonly image: ImageFacts | AbsentImage;
  readonly wishes: LaunchRequirements;
  /** The runtime that was asked for. Where the engine does not run it, that of a Podman service of our own. */
  readonly runtime: RuntimeFacts | undefined;
  readonly service: 'given' | 'own-podman';
  /** The container's user, resolved through the image's own accounts. */
  readonly user: Fact<ContainerUser>;
  /** The program of the entrypoint; unknown where the image is absent or the entrypoint is replaced. */
  readonly program: Fact<ProgramFacts>;
}

export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
}

/** What a rule found. `note` means that the rule is met, with something worth knowing. */
export type Finding =
  | { readonly result: 'met' }
  | { readonly result: 'unmet' | 'unknown' | 'note'; readonly observed: string; readonly remedy: string };

export interface RuleSource {
  /** Where it is documented. */
  readonly document?: string | undefined;
  /** What was measured, and on which system. */
  readonly measured?: string | undefined;
  /** Where the two disagree: what the document says and reality contradicts. The measurement decides. */
  readonly conflict?: string | undefined;
}

export interface Rule {
  readonly id: string;
  /** The launches that it concerns, in words. */
  readonly concerns: string;
  /** What must hold, in words. */
  readonly requirement: string;
  readonly source: RuleSource;
  /**
   * Whether it stands although the launch has an `override`, because the launch could then not be carried out, or not be
   * trusted. Default false.
   */
  readonly isFinal?: boolean | undefined;
  applies(launch: LaunchCase): boolean;
  check(launch: LaunchCase): Finding;
}

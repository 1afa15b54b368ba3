import type { Rule } from '../rule.ts';
import { confinementRules } from './confinement-rules.ts';
import { hostRules } from './host-rules.ts';
import { imageRules } from './image-rules.ts';
import { imageSettingRules } from './image-setting-rules.ts';
import { limitRules } from './limit-rules.ts';
import { networkRules } from './network-rules.ts';
import { privilegeRules } from './privilege-rules.ts';
import { runtimeRules } from './runtime-rules.ts';
import { selinuxRules } from './selinux-rules.ts';
import { socketRules } from './socket-rules.ts';
import { userNamespaceRules } from './user-namespace-rules.ts';
import { volumeRules } from './volume-rules.ts';

/** Every rule, in the order in which reasons are given. */
export const rules: readonly Rule[] = [
  ...hostRules,
  ...userNamespaceRules,
  ...runtimeRules,
  ...imageRules,
  ...imageSettingRules,
  ...volumeRules,
  ...socketRules,
  ...selinuxRules,
  ...networkRules,
  ...limitRules,
  ...privilegeRules,
  ...confinementRules,
];

/** All that the asking user may do in a namespace: `kubectl auth can-i --list`. */
import type {
  SelfSubjectRulesReview,
  SubjectRulesReviewStatus,
} from '../../api/types/authorization-v1.generated.ts';
import type { Authorization } from '../authorization/authorize.ts';
import type { PolicyRule } from '../authorization/rbac.ts';
import { joinErrors } from '../authorization/rbac-index.ts';
import { allow, visit } from '../authorization/rules.ts';
import type { Maker } from '../call.ts';
import { badRequest } from '../errors.ts';

export const reviewRules =
  ({ rulesFor }: Authorization): Maker =>
  ({ object, user }) => {
    const review = object as SelfSubjectRulesReview;
    const { namespace } = review.spec ?? {};
    if (!namespace) throw badRequest('no namespace on request');
    const { rules, errors, isIncomplete } = rulesFor(user, namespace);
    const isMaster = user.groups.includes('system:masters');
    const all = isMaster ? [allow('*', '*', '*'), visit('*', '*'), ...rules] : rules;
    const status: SubjectRulesReviewStatus = {
      resourceRules: all.filter(({ resources = [] }) => resources.length > 0).map(resourceRule),
      nonResourceRules: all.flatMap(({ verbs, nonResourceURLs = [] }) =>
        nonResourceURLs.length > 0
          ? [{ verbs: [...verbs], nonResourceURLs: [...nonResourceURLs] }]
          : [],
      ),
      incomplete: isIncomplete,
      ...(errors.length > 0 && { evaluationError: joinErrors(errors) }),
    };
    return { ...review, metadata: {}, status };
  };

const resourceRule = ({ verbs, apiGroups, resources, resourceNames }: PolicyRule) => ({
  verbs: [...verbs],
  ...(apiGroups && { apiGroups: [...apiGroups] }),
  ...(resources && { resources: [...resources] }),
  ...(resourceNames && { resourceNames: [...resourceNames] }),
});

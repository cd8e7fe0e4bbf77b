// The rules whose largest learning rate on a quadratic is known, for a largest curvature L.
import { gd_limit, momentum_limit, nesterov_limit } from "../gdbook.js";

export const LIMITS = {
  sgd: { formula: "2/L", of: gd_limit },
  momentum: { formula: "2(1 + μ)/L", of: (L, { momentum }) => momentum_limit(momentum, L) },
  nesterov: { formula: "2(1 + μ)/((1 + 2μ)L)", of: (L, { momentum }) => nesterov_limit(momentum, L) },
};

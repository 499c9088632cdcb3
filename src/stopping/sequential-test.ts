/**
 * Wald's sequential probability ratio test of a yes-or-no observation (A. Wald, Sequential Analysis, 1947): under the
 * null hypothesis a "yes" comes with probability `p0` at the most, whatever came before; under the alternative with `p1`.
 *
 * The likelihood ratio is then a supermartingale under the null hypothesis, so that by Ville's inequality it exceeds
 * 1/alpha at any time, however often one looks, with a probability of at most alpha.
 */
export interface Odds {
  p0: number;
  p1: number;
}

/** What one observation adds to the logarithm of the likelihood ratio. */
export function evidenceOf(yes: boolean, { p0, p1 }: Odds): number {
  return yes ? Math.log(p1 / p0) : Math.log((1 - p1) / (1 - p0));
}

/** The logarithm of the likelihood ratio from which the null hypothesis is given up at the error rate `alpha`. */
export function threshold(alpha: number): number {
  return -Math.log(alpha);
}

/** Running mean and spread of a series (Welford's method, which does not cancel). */
export interface Series {
  count: number;
  mean: number;
  /** Sum of the squared distances from the mean. */
  squares: number;
}

export const EMPTY: Series = { count: 0, mean: 0, squares: 0 };

export function added({ count, mean, squares }: Series, value: number): Series {
  const next = mean + (value - mean) / (count + 1);
  return { count: count + 1, mean: next, squares: squares + (value - mean) * (value - next) };
}

/**
 * Half the width of the 95 % confidence interval of the mean, as a share of the mean: Infinity where that is not known.
 * Used as a fixed-width rule (Chow and Robbins, 1965): go on until it is narrow enough.
 */
export function relativeHalfWidth({ count, mean, squares }: Series): number {
  if (count < 2 || mean <= 0) return Number.POSITIVE_INFINITY;
  return (student95(count - 1) * Math.sqrt(squares / (count - 1) / count)) / mean;
}

/** The 97.5 % quantile of Student's t distribution: the tabulated values for few degrees of freedom, 1 % too wide beyond. */
function student95(freedom: number): number {
  const few = [12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
  return few[freedom - 1] ?? 1.96 + 2.7 / freedom;
}

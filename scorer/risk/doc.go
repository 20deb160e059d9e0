// Package risk says how likely a user is to fall silent, and why: by an additive model, which is tables over features of the user's own history.
//
// A feature is a small expression over a Past. Its inputs, all of them numbers at a border h:
//
//	tenure                 days since the first active grain began
//	recency                days since the last active grain ended
//	gap                    the usual days between active days: of the last 56 days, or of the tenure if that is less, but at least of
//	                       one day, over the active days in them
//	longest                the longest silence of the last 56 days: the most days from one active day to the next, 1 for two in a row; with fewer
//	                       than two active days in them, the time known of those 56 days, at least a day
//	days(0d, 28d)          active days from 0 to 28 days back, up to 256
//	weeks(0w, 8w)          weeks with an active day from 0 to 8 weeks back, up to 36
//	returns(56d)           the chance of activity in the next 30 days, by BG/NBD over the active days of up to 256 days back, with r = 0.5,
//	                       alpha = 10, a = 0.2 and b = 2.5 for everybody: 0 without an active day in them, otherwise, with n active days,
//	                       T = tenure in whole days, at most those 56 and at least 1, t = T less recency in whole days, at least 0,
//	                       k = r + n - 1, and g = a / (b + n - 2), but 1 for n = 1:
//	                       (1 - ((alpha+T) / (alpha+T+30))^k) / (1 + g ((alpha+T) / (alpha+t))^k), the second power up to exp(50)
//	long_gap               the gap, but of as many days back as the activity is kept anyhow: of the metrics of activity, the shortest time for which
//	                       the window and the baseline, the metric's own windows, or RFM keep one; from 56 to 256 days
//	long_returns           likewise what returns() is over so many days
//	days(METRIC, 0d, 28d)  days with an event of the metric, up to 256 days back
//	sum(METRIC, 0w, 4w)    what the metric added from 0 to 4 weeks back, up to 26
//	alive                  P(alive) by BG/NBD; 1 without a repeat purchase, 0 without a purchase
//
// and what can be made of X and Y, which are inputs or made of them:
//
//	log(X)            the logarithm of 1 + X, with the sign of X where that is below 0
//	between(X, a, b)  how much of X lies between a and b: 0 below a, b - a above b; several in a row make a curve of straight lines
//	up_to(X, k)       X, but no more than k
//	ratio(X, Y)       X / Y; 0 where Y is not above 0
//	times(X, Y)       X x Y
//	plus(X, Y)        X + Y
//	min(X, Y)         the smaller of the two
//
// A metric's name stands in quotes if it begins with a digit or has other characters than letters, digits, - _ . in it. Events are kept as long as a
// feature looks back at them: the days of one metric cost the memory of its events, those of activity the memory of every visit.
//
// Every value is a finite number, whatever stands in the Past: so each has a bin in every table. Features lists those of the usual recipe for
// any metrics. A Model is tables of points over features and pairs of them, as `winback train` writes it; a
// Scorer is a model compiled for the metrics of one configuration. Training reads features by a Vector, which is the very code that a
// Scorer scores with.
package risk

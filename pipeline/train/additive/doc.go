// Package additive fits a generalised additive model with pairs by cyclic gradient boosting: the log-odds of a row are a bias, a curve over each feature,
// and a surface over each of a few pairs of features (Lou, Caruana, Gehrke and Hooker 2013; Nori, Jenkins, Koch and Caruana 2019).
//
// Features are cut into bins at quantiles. A round goes over all features in turn: a small tree over the feature's bins is fitted to the slope of
// the log loss, and a fraction of it is added to the feature's curve. Rounds end when the loss of groups that were kept back no longer falls. That is done
// for several bags, each of which keeps other groups back, and the curves are averaged. The pairs whose four quadrants tell most of what the curves leave
// over are then boosted likewise.
//
// The same rows give the same model, on any number of cores: bags share nothing.
package additive

package scorer

// nextAssessment is the user's first turn in the rhythm after h at which an assessment can find something else than the last one did; Never if
// time alone changes nothing. The last one may have been at an earlier border than h, but not before the rhythm's last turn. It reads the
// track to its beginning where that is needed.
func (r *Rules) nextAssessment(u *User, s *Scratch, h, phase uint32) uint32 {
	next := r.nextPhase(h, phase)
	last := next - r.assess
	scored := r.risk != nil && (u.highRisk || u.end+r.active > last)
	if scored || u.has(assessmentPending|assessmentDirty) || !s.tracks.Empty() && u.newest >= last {
		return next
	}
	change := r.nextFinding(s, last, h)
	if change == Never {
		return Never
	}
	return r.nextPhase(max(change-1, h), phase)
}

// nextFinding is the first border after last at which time alone changes the tier or can change a tag, as far as the cells before h tell;
// Never if it cannot. No event has come since last.
func (r *Rules) nextFinding(s *Scratch, last, h uint32) uint32 {
	s.tracks.Read(0)
	cells, change := s.tracks.Cells(), Never
	if r.tiers != nil {
		w := r.tiers.worthAt(cells, last, h)
		change = r.tiers.nextChange(&w, last)
	}
	if len(r.selectors) == 0 || change <= last+r.assess {
		return change
	}
	if !s.assessed {
		r.sumTags(&s.tags, cells, last) // the tags found since are those of these sums, or of lower ones
	}
	if r.tags.CanChange(s.tags.values) {
		change = min(change, r.nextTagChange(cells, last, h))
	}
	return change
}

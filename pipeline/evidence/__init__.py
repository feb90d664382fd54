"""The proof about one person: a ZIP that anybody can read and check, without leadscrub or anybody else's data."""

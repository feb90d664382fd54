"""leadscrub scrubs lead lists before anyone calls, texts or emails them."""

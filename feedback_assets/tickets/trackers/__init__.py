"""One file each for the trackers a ticket can go to, all behind `tickets.tracker.Tracker`."""

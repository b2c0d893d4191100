// Reads a calendar with ical.js, a parser that is not ours, and tells what it understood as JSON.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const calendar = new ICAL.Component(ICAL.parse(readFileSync(process.argv[1], "utf8")));
for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);
const events = calendar.getAllSubcomponents("vevent").map((component) => {
  const event = new ICAL.Event(component);
  const attendee = component.getFirstProperty("attendee");
  return {
    uid: event.uid,
    sequence: event.sequence,
    summary: event.summary,
    location: event.location,
    description: event.description,
    status: component.getFirstPropertyValue("status"),
    starts: event.startDate.toJSDate().getTime(),
    ends: event.endDate.toJSDate().getTime(),
    zone: event.startDate.zone.tzid,
    organizer: event.organizer,
    attendee: attendee && { is: attendee.getFirstValue(), rsvp: attendee.getParameter("rsvp"), state: attendee.getParameter("partstat") },
  };
});
console.log(JSON.stringify({ method: calendar.getFirstPropertyValue("method"), events }));

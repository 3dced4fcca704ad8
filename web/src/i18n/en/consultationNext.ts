import type { Translated } from '@/i18n/texts';
import type { zh } from '@/i18n/zh-CN/consultationNext';

export const en: Translated<typeof zh> = {
  mine: {
    draft: 'Complete it and send it; until then you alone see it.',
    submitted: 'Ask an expert; ask for more where the case is not complete.',
    incomplete: 'More is asked for: answer with “Supply more”, and the clock goes on.',
    offered: 'Answer: accept it, or say that you cannot. Without an answer in time the next expert on duty is asked.',
    accepted: 'Begin the session to sign an opinion; the room is open, you can look at the images first.',
    scheduled: 'Both sides enter the room at the time agreed; you can enter earlier.',
    'in-session': 'Look and talk in the room, then write and sign the opinion on this page.',
    missed: 'Agree on another time, or ask another expert.',
    failed: 'Go on with the session, agree on another time, or record a telephone answer.',
    returned: 'The opinion is signed: read it, then decide on it; your decision is recorded and both sides archive it.',
    decided: 'Complete the consent on paper; it is archived then.',
  },
  theirs: {
    draft: 'The request has not been sent.',
    submitted: 'The coordinator has it. Once an expert is asked, who has to answer and by when stands here.',
    incomplete: 'Waiting for the inviting physician to supply more; the clock stands.',
    offered: 'Waiting for {expert} to answer. Without an answer in time the next expert on duty is asked.',
    accepted: '{expert} has accepted; the room is open and can be entered. The signed opinion can be downloaded here.',
    scheduled: 'Both sides enter the room at the time agreed; you can enter earlier.',
    'in-session': 'The session is under way. The signed opinion can be downloaded here; the inviting side decides on it.',
    missed: 'Waiting for the coordinator or the expert to agree on another time.',
    failed: 'Waiting for the coordinator or the expert: to go on, to agree on another time, or to answer by telephone.',
    returned: 'The opinion is returned; waiting for the inviting physician to decide on it.',
    decided: 'It is archived once the inviting physician completes the consent.',
    archived: 'Archived; the opinion can still be downloaded.',
    declined: 'Declined; the reason stands in the course.',
    withdrawn: 'Withdrawn; the reason stands in the course.',
    converted: 'Converted; into what stands in the course.',
  },
};

// The panel for the curious.

export function setUp() {}
export function add() {}

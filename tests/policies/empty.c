/* A shared object that is no policy. */
extern int nothing_to_see;
int nothing_to_see = 1;
